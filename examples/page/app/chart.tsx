import { useEffect, useRef, useState } from 'preact/hooks';
import type UPlot from 'uplot';
import { axisOf, usePlot } from './plot.ts';

interface Series {
  readonly name: string;
  /** Where a value is missing, the line goes on from the last to the next. */
  readonly values: readonly (number | undefined)[];
}

interface Props {
  readonly title: string;
  readonly x: { readonly name: string; readonly values: readonly number[] };
  readonly y: readonly Series[];
  /** Whether values are shares, to be shown as percent. */
  readonly percent?: boolean;
}

const HEIGHT = '13.75rem';
const COLORS = ['--first', '--second', '--third'] as const;

/**
 * A chart of lines that grow, as wide as there is room. Above it the latest values as text, or those under the pointer: the text has its
 * place from the beginning.
 */
export function Chart({ title, x, y, percent = false }: Props) {
  const [pointed, setPointed] = useState<number | undefined>();
  const shown = (value: number) => (percent ? `${(100 * value).toFixed(1)}%` : value.toPrecision(3));
  const newest = useRef({ x, y });
  newest.current = { x, y };
  const make = (Plot: typeof UPlot, element: HTMLElement, em: number) => {
    const { x, y } = newest.current;
    return new Plot(optionsOf(element, { em, x: x.name, y: y.length, percent, setPointed }), dataOf(x, y), element);
  };
  const { holder, plot, why } = usePlot(make, [title, percent]);
  useEffect(() => plot.current?.setData(dataOf(x, y)), [x.values, y]);
  const at = pointed !== undefined && pointed < x.values.length ? pointed : undefined;
  return (
    <figure class="chart">
      <figcaption>
        <span class="chart-title">
          {title}
          {at !== undefined && `, ${x.name} ${x.values[at]}`}
        </span>
        {y.map(({ name, values }, index) => {
          const value = at === undefined ? values.findLast((one) => one !== undefined) : values[at];
          return (
            <span class="chart-value" key={name}>
              <span class="swatch" style={{ background: `var(${COLORS[index % COLORS.length]})` }} /> {name}{' '}
              <span class="numbers">{value === undefined ? '–' : shown(value)}</span>
            </span>
          );
        })}
      </figcaption>
      {why && <p class="notice bad">{why}</p>}
      <div ref={holder} style={{ height: HEIGHT }} aria-hidden="true" />
    </figure>
  );
}

const dataOf = (x: Props['x'], y: Props['y']): UPlot.AlignedData => [
  [...x.values],
  ...y.map(({ values }) => values.map((value) => value ?? null)),
];

interface Look {
  readonly em: number;
  readonly x: string;
  readonly y: number;
  readonly percent: boolean;
  setPointed(index: number | undefined): void;
}

function optionsOf(element: HTMLElement, { em, x, y, percent, setPointed }: Look): UPlot.Options {
  const style = getComputedStyle(element);
  const color = (name: string) => style.getPropertyValue(name).trim();
  const tick = (value: number) => (percent ? `${Math.round(100 * value)}%` : String(Number(value.toPrecision(3))));
  const axis = { stroke: color('--soft'), grid: { stroke: color('--line') }, ticks: { stroke: color('--line') }, ...axisOf(em) };
  return {
    width: element.clientWidth,
    height: element.clientHeight,
    scales: { x: { time: false }, y: { range: (plot) => (percent ? shareRange : lossRange)(numbersOf(plot)) } },
    legend: { show: false },
    cursor: { drag: { x: false, y: false }, y: false },
    hooks: { setCursor: [(plot) => setPointed(plot.cursor.idx ?? undefined)] },
    axes: [
      { ...axis, label: x },
      { ...axis, values: (_: UPlot, ticks: number[]) => ticks.map(tick), ...axisOf(em, { size: 52 }) },
    ],
    series: [
      {},
      ...Array.from({ length: y }, (_, index) => ({
        stroke: color(COLORS[index % COLORS.length] ?? '--first'),
        width: 2,
        spanGaps: true,
        points: { size: 5 },
      })),
    ],
  };
}

/** What the lines run through but for the first tenth, in which a training falls from where it began. */
function numbersOf({ data: [, ...lines] }: UPlot): number[] {
  return lines
    .flatMap((line) => [...line].slice(line.length < 20 ? 0 : Math.floor(line.length / 10)))
    .filter((value): value is number => typeof value === 'number' && Number.isFinite(value));
}

function lossRange(values: readonly number[]): [number, number] {
  const most = Math.max(0, ...values);
  return [Math.min(0, ...values), most > 0 ? 1.05 * most : 1];
}

/** From a tenth below the least up to all. */
function shareRange(values: readonly number[]): [number, number] {
  const least = Math.min(1, ...values);
  return values.length === 0 ? [0, 1] : [Math.max(0, Math.floor(10 * least - 0.5) / 10), 1];
}
