import { useEffect, useRef } from 'preact/hooks';
import type UPlot from 'uplot';
import type { Point, StudyView } from '../../engine/search/calls.ts';
import { count, percent } from '../numbers.ts';
import { axisOf, usePlot } from '../plot.ts';
import { choose } from './search.ts';
import { floorOf } from './words.ts';

const HEIGHT = '20rem';

interface Props {
  readonly study: StudyView;
  readonly chosen: Point | undefined;
}

/** Accuracy against size; the table beside it has the same networks. A click chooses the nearest of the front. */
export function FrontChart({ study, chosen }: Props) {
  const latest = useRef({ study, chosen });
  latest.current = { study, chosen };
  const make = (Plot: typeof UPlot, element: HTMLElement, em: number) =>
    new Plot(optionsOf(element, em, latest), dataOf(latest.current), element);
  const { holder, plot, why } = usePlot(make, [study.objective, study.created]);
  useEffect(() => plot.current?.setData(dataOf({ study, chosen })), [study, chosen]);
  const pick = () => {
    const left = plot.current?.cursor.left ?? -1;
    const top = plot.current?.cursor.top ?? -1;
    const { current } = plot;
    if (!current || left < 0 || top < 0) return;
    const far = ({ cost, accuracy }: Point) =>
      Math.hypot(current.valToPos(cost, 'x') - left, current.valToPos(accuracy, 'y') - top);
    const nearest = study.front.reduce<Point | undefined>((best, one) => (best && far(best) <= far(one) ? best : one), undefined);
    if (nearest) choose(nearest);
  };
  return (
    <figure class="chart">
      <figcaption>
        Accuracy on validation images against {study.objective === 'bytes' ? 'bytes' : 'parameters'}: {keyOf(study)}
      </figcaption>
      {why && <p class="notice bad">{why}</p>}
      <div ref={holder} class="plot" style={{ height: HEIGHT }} aria-hidden="true" onClick={pick} />
    </figure>
  );
}

function keyOf(study: StudyView) {
  return (
    <>
      <span class="front-mark confirmed">confirmed from all seeds</span> <span class="front-mark once">not confirmed</span>{' '}
      <span class="front-mark other">others</span> <span class="front-mark floor">the floor, {floorOf(study)}</span>
    </>
  );
}

/** Sizes; other networks, those of the front that are not confirmed, those that are, the floor from end to end, the chosen one. */
function dataOf({ study, chosen }: Props): UPlot.AlignedData {
  const { front, others, floor } = study;
  const [least, most] = sizes(study);
  const end = { accuracy: null, kind: 'end', isChosen: false } as const;
  const points = [
    ...front.map((one) => ({ ...one, kind: isConfirmed(one) ? 'confirmed' : 'open', isChosen: one.network === chosen?.network })),
    ...others.map((other) => ({ ...other, kind: 'other', isChosen: false })),
    { cost: least, ...end },
    { cost: most, ...end },
  ].sort((a, b) => a.cost - b.cost);
  const where = (is: (point: (typeof points)[number]) => boolean) => points.map((point) => (is(point) ? point.accuracy : null));
  return [
    points.map(({ cost }) => cost),
    where(({ kind }) => kind === 'other'),
    where(({ kind }) => kind === 'open'),
    where(({ kind }) => kind === 'confirmed'),
    points.map(() => floor),
    where(({ isChosen }) => isChosen),
  ];
}

const isConfirmed = ({ evidence }: Point) => evidence === 'holds' || evidence === 'below';

function optionsOf(element: HTMLElement, em: number, latest: { readonly current: Props }): UPlot.Options {
  const style = getComputedStyle(element);
  const color = (name: string) => style.getPropertyValue(name).trim();
  const line = { stroke: color('--line'), width: 1 };
  const axis = { stroke: color('--soft'), grid: line, ticks: line, ...axisOf(em) };
  const dots = (stroke: string, size: number, fill = stroke) => ({
    stroke,
    paths: () => null,
    points: { show: true, size, stroke, fill, width: 2 },
  });
  return {
    width: element.clientWidth,
    height: element.clientHeight,
    scales: {
      x: { time: false, distr: 3, range: () => sizes(latest.current.study) },
      y: { range: () => accuracies(latest.current.study) },
    },
    legend: { show: false },
    cursor: { points: { show: false }, drag: { x: false, y: false } },
    axes: [
      {
        ...axis,
        label: latest.current.study.objective === 'bytes' ? 'bytes of the compressed file' : 'parameters',
        splits: (_, __, least, most) => round(least, most),
        values: (_, ticks: (number | null)[]) => ticks.map((tick) => tick && count(tick)),
        filter: apart(em),
      },
      { ...axis, values: (_, ticks) => ticks.map((tick) => percent(tick).replace(/\.?0+%$/, '%')), ...axisOf(em, { size: 60 }) },
    ],
    series: [
      {},
      dots(color('--soft'), 4),
      dots(color('--first'), 9, color('--paper')),
      dots(color('--third'), 10),
      { stroke: color('--second'), width: 1, dash: [6, 4], points: { show: false } },
      dots(color('--second'), 18, 'transparent'),
    ],
  };
}

/** The range of sizes, with room beside the first and last. */
function sizes({ front, others }: StudyView): [number, number] {
  const costs = [...front, ...others].map(({ cost }) => Math.max(1, cost));
  return [Math.min(...costs) / 1.3, Math.max(...costs) * 1.3];
}

/** The accuracies of the front and the floor; what lies far below is not drawn. */
function accuracies({ front, floor }: StudyView): [number, number] {
  const values = [...front.map(({ accuracy }) => accuracy), floor];
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const room = Math.max(0.01, 0.1 * (most - least));
  return [Math.max(0, least - room), Math.min(1, most + room)];
}

/** Pixels between two numbers that can be told apart, where text is as large as usual. */
const APART = 52;

/** Leaves out numbers that would be written over those before them. */
const apart = (em: number) => (plot: UPlot, ticks: number[]) => {
  let last = Number.NEGATIVE_INFINITY;
  return ticks.map((tick) => {
    const at = plot.valToPos(tick, 'x');
    if (at - last < APART * em) return null;
    last = at;
    return tick;
  });
};

/** Round numbers between two, few enough to be read. */
function round(least: number, most: number): number[] {
  const decades = Math.log10(most / least);
  const steps = decades > 2 ? [1] : decades > 0.7 ? [1, 2, 5] : [1, 1.5, 2, 2.5, 3, 4, 5, 6, 8];
  const powers = Array.from({ length: Math.ceil(decades) + 2 }, (_, index) => 10 ** (Math.floor(Math.log10(least)) + index));
  return powers.flatMap((power) => steps.map((step) => step * power)).filter((tick) => tick >= least && tick <= most);
}
