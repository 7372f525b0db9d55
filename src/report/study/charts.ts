import { mean } from '../../core/statistics.ts';
import { bestOf, confirms, score } from '../../search/best.ts';
import { paretoFront } from '../../search/front.ts';
import type { Problem } from '../../search/strategy.ts';
import { meanAccuracy, samplesOf, type TrialRecord } from '../../search/trial.ts';
import { figureOf, type Named, type Point, steps, thinned } from './drawing.ts';
import type { Facts, Network } from './facts.ts';
import { html, Markup } from './markup.ts';
import type { StudyReport } from './report.ts';
import { accuracyScale, countScale, linearScale, logScale, rangeOf } from './scale.ts';
import { count, objectiveName, percent, scoreOfSome, several, spread } from './text.ts';

/** Points that one picture draws in one style at the most. */
const MOST_POINTS = 1000;

/** Published networks that have their names written. */
const MOST_NAMES = 6;

/** Size against accuracy: own networks, their front and the finalists on test data, and what others published near them. */
export function frontChart(report: StudyReport, facts: Facts): Markup | undefined {
  const { problem, records } = report;
  const { networks, front, finalists, confirmed, best } = facts;
  const name = objectiveName(problem.objective);
  const published = report.published.flatMap((point): Named[] => {
    const x = scoreOfSome(problem.objective, point.costs);
    const title = `${point.name}: ${x === undefined ? '' : count(x)} ${name}, ${percent(point.accuracy)} (published)`;
    return x === undefined || !Number.isFinite(point.accuracy) ? [] : [{ x, y: point.accuracy, label: point.name, title }];
  });
  const tested = finalists.flatMap((network): Named[] => {
    const y = mean(network.test);
    return !Number.isFinite(y)
      ? []
      : [{ x: network.cost, y, title: `${networkName(network, name)}: ${spread(network.test)} on test data` }];
  });
  const own = networks.map(({ cost, accuracy }) => ({ x: cost, y: accuracy }));
  if (own.length + tested.length + published.length === 0) return undefined;
  const area = areaAround([...own, ...tested], published, problem.floor);
  const shown = named(published.filter(area.holds), [...own, ...tested]);
  const short = records.flatMap((record): Point[] => {
    const y = meanAccuracy(record);
    return record.samples >= facts.full || y === undefined ? [] : [{ x: score(problem, record), y }];
  });
  const [x, y] = [logScale(name, area.costs), accuracyScale('accuracy', area.accuracies)];
  const isInside = (point: Point) => x.at(point.x) > 0 && x.at(point.x) < 1 && y.at(point.y) > 0 && y.at(point.y) < 1;
  const shorter = thinned(short.filter(isInside), MOST_POINTS);
  const dots = thinned(own, MOST_POINTS);
  const left = own.length - dots.length;
  const outside = published.length - shown.length;
  return figureOf({
    id: 'front',
    title: 'Size against accuracy',
    description:
      `${several(networks.length, 'network')} trained at full length, ${several(front.length, 'network')} on the front` +
      `${best ? `; the smallest that holds the floor has ${count(best.cost)} ${name}` : '; none holds the floor'}. The tables below hold the numbers.`,
    x,
    y,
    levels: [{ axis: 'y', value: problem.floor, label: `floor ${percent(problem.floor)}` }],
    layers: [
      { type: 'marks', style: 'pale', shape: 'square', name: 'published, test', points: shown },
      { type: 'dots', style: 'faint', name: 'trained for less, validation', points: shorter },
      { type: 'dots', style: 'first', name: 'trained at full length, validation', points: dots },
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
          label: network.number === undefined ? undefined : `trial ${network.number}`,
          minor: network.key !== best?.key,
        })),
      },
      { type: 'marks', style: 'second', shape: 'diamond', name: 'finalists, test', points: tested },
    ],
    caption:
      `Each network once, with the mean over its seeds; the accuracy is spaced by the logarithm of the error.` +
      `${left > 0 ? ` Of ${count(own.length)} networks ${count(dots.length)} are drawn as dots; the front is of all.` : ''}` +
      `${area.atEdge > 0 ? ` Of ${several(area.atEdge, 'point')} the accuracy is lower than the picture shows: they lie at its lower edge.` : ''}` +
      `${published.length > 0 ? ' A published network says its name when pointed at; the table below has all of them' : ''}` +
      `${published.length === 0 ? '' : outside === 0 ? '.' : `, and the ${count(outside)} that lie outside of this picture.`}`,
  });
}

/** An error of more than so many times the allowed one is drawn at the edge: it would leave the others no room. */
const FAR = 8;

/** The costs and accuracies that a picture of own networks shows: all of these, and some room for what others did near them. */
function areaAround(own: readonly Point[], published: readonly Point[], floor: number) {
  const missOf = ({ y }: Point) => Math.max(1e-6, 1 - y);
  const allowed = Math.max(1e-6, 1 - floor);
  const basis = own.length > 0 ? own : published;
  const [nearestMiss] = rangeOf(basis.map(missOf)) ?? [allowed];
  const worst = Math.max(FAR * allowed, 1.5 * nearestMiss);
  const costs = basis.map(({ x }) => Math.max(1e-9, x));
  const misses = [...basis.map(missOf).filter((miss) => miss <= worst), allowed];
  const [least, most] = rangeOf(costs) ?? [1, 1];
  const [low, high] = rangeOf(misses) ?? [allowed, allowed];
  // Half as much again on either side, at least a factor of 4 of costs and 1.6 of errors.
  const costRoom = Math.max(4, Math.sqrt(most / least));
  const errorRoom = Math.max(1.6, (high / low) ** 0.25);
  const holds = (point: Point) => {
    const miss = missOf(point);
    return point.x >= least / costRoom && point.x <= most * costRoom && miss >= low / errorRoom && miss <= high * errorRoom;
  };
  const shown = [...basis.filter((point) => missOf(point) <= worst), ...published.filter(holds)];
  return {
    holds,
    costs: [...basis, ...shown].map(({ x }) => x),
    accuracies: [...shown.map(({ y }) => y), floor],
    /** Of own ones. */
    atEdge: own.filter((point) => missOf(point) > worst).length,
  };
}

/** Those of the published networks on the front of theirs and ours say their names; of several figures of one network the best alone. */
function named(published: readonly Named[], own: readonly Point[]): Named[] {
  const candidates = [...published, ...own].map((point) => ({ point, cost: point.x, accuracy: point.y }));
  const ofPublished = candidates.slice(0, published.length);
  const leading = new Set<Point>([...paretoFront(candidates), ...paretoFront(ofPublished)].map(({ point }) => point));
  const sorted = published.filter((point) => leading.has(point)).sort((a, b) => b.y - a.y);
  const chosen = sorted.filter((point) => sorted.find(({ label }) => label === point.label) === point).slice(0, MOST_NAMES);
  return published.map((point) => ({ ...point, label: chosen.includes(point) ? point.label : undefined, minor: true }));
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
  /** Of training, of all workers together. */
  readonly minutes: number;
  /** Of this trial. */
  readonly cost: number;
  /** The least cost of a network that holds the floor, so far. */
  readonly best?: number;
  /** The least cost of a full-length training whose mean reaches the floor, whatever its seeds, so far. */
  readonly likely?: number;
}

/** How far the search had come after each trial. */
export function progressOf(problem: Problem, records: readonly TrialRecord[], full: number): Moment[] {
  let [samples, minutes] = [0, 0];
  let best: number | undefined;
  let likely: number | undefined;
  return records.map((record, index): Moment => {
    samples += samplesOf([record]);
    minutes += record.wallMs / 60_000;
    const cost = score(problem, record);
    if (confirms(problem, record)) best = Math.min(best ?? cost, cost);
    if (record.samples >= full && (meanAccuracy(record) ?? 0) >= problem.floor) likely = Math.min(likely ?? cost, cost);
    return { trials: index + 1, samples, minutes, cost, best, likely };
  });
}

const AXES = [
  { against: 'minutes', choice: 'minutes', title: 'minutes of training' },
  { against: 'samples', choice: 'training samples', title: 'training samples' },
  { against: 'trials', choice: 'trials', title: 'trials' },
] as const;

/** The smallest network so far, against time, samples or trials: a choice that needs no script. */
export function progressChart(problem: Problem, records: readonly TrialRecord[], full: number): Markup | undefined {
  const moments = progressOf(problem, records, full);
  const last = moments.at(-1);
  if (!last) return undefined;
  const axes = AXES.filter(({ against }) => last[against] > 0);
  const [usual] = axes;
  const choices = axes.map(
    ({ against, choice }) =>
      html`<input type="radio" name="progress" id="by-${against}" value="${against}"${against === usual?.against && new Markup(' checked')}><label for="by-${against}">${choice}</label>\n`,
  );
  return html`<fieldset class="choice"><legend>Against</legend>${choices}
${axes.map((axis) => html`<div class="by-${axis.against}">${progressAgainst(axis, problem, records, moments)}</div>`)}</fieldset>`;
}

function progressAgainst(
  { against, title }: (typeof AXES)[number],
  problem: Problem,
  records: readonly TrialRecord[],
  moments: readonly Moment[],
): Markup {
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
  const workers = new Set(records.map(({ trainedBy }) => trainedBy?.worker)).size;
  const time =
    workers > 1
      ? `Minutes of training of the ${workers} workers together. `
      : 'The minutes that the trials took, one after the other; where several were trained at a time, the search was as much shorter. ';
  return figureOf({
    id: `progress-${against}`,
    title: `The search against ${title}`,
    description: found
      ? `After ${several(moments.length, 'trial')} the smallest network that holds the floor has ${count(score(problem, found))} ${name}.`
      : `After ${several(moments.length, 'trial')} no network holds the floor.`,
    x: (against === 'minutes' ? linearScale : countScale)(title, moments.at(-1)?.[against] ?? 0),
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
      (against === 'minutes' ? time : '') +
      (dots.length < moments.length
        ? `Of ${count(moments.length)} trials ${count(dots.length)} are drawn as dots; the curves are of all.`
        : ''),
  });
}
