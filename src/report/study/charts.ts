import { mean } from '../../core/statistics.ts';
import { bestOf, confirms, score } from '../../search/best.ts';
import { paretoFront } from '../../search/front.ts';
import type { Problem } from '../../search/strategy.ts';
import { meanAccuracy, samplesOf, type TrialRecord } from '../../search/trial.ts';
import { figureOf, type Named, type Point, steps, thinned } from './drawing.ts';
import type { Facts, Network } from './facts.ts';
import type { Markup } from './markup.ts';
import type { StudyReport } from './report.ts';
import { accuracyScale, countScale, logScale } from './scale.ts';
import { count, objectiveName, percent, scoreOfSome, several, spread } from './text.ts';

/** Points that one picture draws in one style at the most. */
const MOST_POINTS = 1000;

/** Size against accuracy: all networks trained at full length, the front, the finalists on test data, and what others published. */
export function frontChart(report: StudyReport, facts: Facts): Markup | undefined {
  const { problem } = report;
  const { networks, front, finalists, confirmed, best } = facts;
  const name = objectiveName(problem.objective);
  const others = report.published.flatMap((point): Named[] => {
    const x = scoreOfSome(problem.objective, point.costs);
    const title = `${point.name}: ${x === undefined ? '' : count(x)} ${name}, ${percent(point.accuracy)} (published)`;
    return x === undefined || !Number.isFinite(point.accuracy) ? [] : [{ x, y: point.accuracy, label: point.name, title }];
  });
  const leading = new Set(
    paretoFront(others.map((point) => ({ point, cost: point.x, accuracy: point.y }))).map(({ point }) => point),
  );
  const sorted = [...others].sort((a, b) => b.y - a.y);
  // Of several figures of one network, the best alone says its name.
  const isNamed = (point: Named) => sorted.find(({ label }) => label === point.label) === point;
  const published = others.map((point) => ({
    ...point,
    label: isNamed(point) ? point.label : undefined,
    minor: !leading.has(point),
  }));
  const tested = finalists.flatMap((network): Named[] => {
    const y = mean(network.test);
    return !Number.isFinite(y)
      ? []
      : [{ x: network.cost, y, title: `${networkName(network, name)}: ${spread(network.test)} on test data` }];
  });
  const all = networks.map(({ cost, accuracy }) => ({ x: cost, y: accuracy }));
  if (all.length + published.length + tested.length === 0) return undefined;
  const dots = thinned(all, MOST_POINTS);
  const everything = [...all, ...tested, ...published];
  const left = all.length - dots.length;
  return figureOf({
    id: 'front',
    title: 'Size against accuracy',
    description:
      `${several(networks.length, 'network')} trained at full length, ${several(front.length, 'network')} on the front` +
      `${best ? `; the smallest that holds the floor has ${count(best.cost)} ${name}` : '; none holds the floor'}. The tables below hold the numbers.`,
    x: logScale(name, [...everything.map(({ x }) => x)]),
    y: accuracyScale('accuracy', [...everything.map(({ y }) => y), problem.floor]),
    levels: [{ axis: 'y', value: problem.floor, label: `floor ${percent(problem.floor)}` }],
    layers: [
      { type: 'dots', style: 'faint', name: 'trained at full length, validation', points: dots },
      {
        type: 'line',
        style: 'first',
        name: 'front, validation',
        points: steps(front.map(({ cost, accuracy }) => ({ x: cost, y: accuracy }))),
      },
      {
        type: 'marks',
        style: 'first',
        shape: 'circle',
        name: confirmed.length > 0 ? 'on the front, at least five seeds' : 'on the front, fewer than five seeds',
        points: front.map((network) => ({
          x: network.cost,
          y: network.accuracy,
          title: `${networkName(network, name)}: ${spread(network.validation)} on validation data`,
        })),
      },
      { type: 'marks', style: 'second', shape: 'diamond', name: 'finalists, test', points: tested },
      { type: 'marks', style: 'third', shape: 'square', name: 'published, test', points: published },
    ],
    caption:
      `Each network once, with the mean over its seeds; the accuracy is spaced by the logarithm of the error.` +
      `${left > 0 ? ` Of ${count(all.length)} networks ${count(dots.length)} are drawn as dots; the front is of all.` : ''}` +
      `${published.length > 0 ? ' A published network says its name when pointed at; the table below has all of them.' : ''}`,
  });
}

function networkName({ number, cost, seeds }: Network, name: string): string {
  return `${number === undefined ? 'A finalist' : `Trial ${number}`}, ${count(cost)} ${name}, ${several(seeds.length, 'seed')}`;
}

/** s(f): the least cost that reaches an accuracy, as two curves of steps. */
export function envelopeChart(problem: Problem, byBound: readonly Network[], byMean: readonly Network[]): Markup | undefined {
  const certain = byBound.map(({ cost, bound = Number.NaN }) => ({ x: bound, y: cost }));
  const likely = byMean.map(({ cost, accuracy }) => ({ x: accuracy, y: cost }));
  const all = [...certain, ...likely];
  if (all.length === 0) return undefined;
  const name = objectiveName(problem.objective);
  return figureOf({
    id: 'envelope',
    title: 'The least size that reaches an accuracy',
    description: `Two curves that rise in steps: the least ${name} of networks whose bound, and whose mean, reaches the accuracy f. The table below holds the numbers.`,
    x: accuracyScale('accuracy f on validation data', [...all.map(({ x }) => x), problem.floor]),
    y: logScale(name, [...all.map(({ y }) => y)]),
    levels: [{ axis: 'x', value: problem.floor, label: `floor ${percent(problem.floor)}` }],
    layers: [
      { type: 'line', style: 'second', name: 'the mean reaches f, any number of seeds', points: stairs(likely) },
      { type: 'line', style: 'first', name: 'the 95% bound reaches f, at least five seeds', points: stairs(certain) },
    ],
    caption: 'The curve of the means is optimistic: its networks were picked among many by the same few trainings that it shows.',
  });
}

/** A curve that keeps, up to each accuracy, the cost of the network that reaches it. */
function stairs(points: readonly Point[]): Point[] {
  return points.flatMap(({ x, y }, index) => [
    { x: points[index - 1]?.x ?? 0, y },
    { x, y },
  ]);
}

/** Networks none of which is beaten in both, by rising cost, where `accuracy` tells what counts. */
export function frontBy(networks: readonly Network[], accuracy: (network: Network) => number | undefined): Network[] {
  return paretoFront(networks.map((network) => ({ network, cost: network.cost, accuracy: accuracy(network) ?? Number.NaN }))).map(
    ({ network }) => network,
  );
}

interface Moment {
  readonly trials: number;
  readonly samples: number;
  /** Of this trial. */
  readonly cost: number;
  /** The least cost of a network that holds the floor, so far. */
  readonly best?: number;
  /** The least cost of a full-length training whose mean reaches the floor, whatever its seeds, so far. */
  readonly likely?: number;
}

/** How far the search had come after each trial. */
export function progressOf(problem: Problem, records: readonly TrialRecord[], full: number): Moment[] {
  let samples = 0;
  let best: number | undefined;
  let likely: number | undefined;
  return records.map((record, index): Moment => {
    samples += samplesOf([record]);
    const cost = score(problem, record);
    if (confirms(problem, record)) best = Math.min(best ?? cost, cost);
    if (record.samples >= full && (meanAccuracy(record) ?? 0) >= problem.floor) likely = Math.min(likely ?? cost, cost);
    return { trials: index + 1, samples, cost, best, likely };
  });
}

/** The smallest network so far, against training samples or trials. */
export function progressChart(
  problem: Problem,
  records: readonly TrialRecord[],
  full: number,
  against: 'samples' | 'trials',
): Markup | undefined {
  const moments = progressOf(problem, records, full);
  const last = moments.at(-1);
  if (!last) return undefined;
  const name = objectiveName(problem.objective);
  const curve = (value: (moment: Moment) => number | undefined): Point[] => {
    const points = moments.flatMap((moment) => {
      const y = value(moment);
      return y === undefined ? [] : [{ x: moment[against], y }];
    });
    const changes = points.filter(
      (point, index) => index === 0 || index === points.length - 1 || point.y !== points[index - 1]?.y,
    );
    return steps(changes);
  };
  const dots = thinned(moments, MOST_POINTS);
  const found = bestOf(problem, records);
  return figureOf({
    id: `progress-${against}`,
    title: `The search against ${against === 'samples' ? 'training samples' : 'trials'}`,
    description: found
      ? `After ${several(last.trials, 'trial')} the smallest network that holds the floor has ${count(score(problem, found))} ${name}.`
      : `After ${several(last.trials, 'trial')} no network holds the floor.`,
    x: countScale(against === 'samples' ? 'training samples' : 'trials', last[against]),
    y: logScale(
      name,
      moments.map(({ cost }) => cost),
    ),
    layers: [
      { type: 'dots', style: 'faint', name: 'a trial', points: dots.map((moment) => ({ x: moment[against], y: moment.cost })) },
      { type: 'line', style: 'second', name: 'smallest whose mean reaches the floor', points: curve(({ likely }) => likely) },
      { type: 'line', style: 'first', name: 'smallest that holds the floor', points: curve(({ best }) => best) },
    ],
    caption:
      dots.length < moments.length
        ? `Of ${count(moments.length)} trials ${count(dots.length)} are drawn as dots; the curves are of all.`
        : '',
  });
}
