import type { Problem } from '../../search/strategy.ts';
import { atBestRate, candidateOf, meanAccuracy, type TrialRecord } from '../../search/trial.ts';
import { type Curve, figureOf, type Named, type Point, thinned } from './drawing.ts';
import { type Facts, numberOf } from './facts.ts';
import { html, type Markup, tableOf } from './markup.ts';
import { accuracyScale, logScale } from './scale.ts';
import { count, duration, median, percent, several } from './text.ts';

/** Curves of one kind that the picture draws at the most. */
const MOST_CURVES = 200;

/** How the trainings went, and why some were ended before their length. */
export function curvesSection(problem: Problem, records: readonly TrialRecord[], facts: Facts): Markup {
  if (records.length === 0) return html`<p>No trial has ended yet.</p>`;
  const chart = curvesChart(problem, records, facts);
  const none = html`<p>The trials of this study tell no learning curves: they came to nothing, or were trained before paredown kept any.</p>`;
  return html`${chart ?? none}${stoppedTable(records)}`;
}

function curvesChart(problem: Problem, records: readonly TrialRecord[], facts: Facts): Markup | undefined {
  const best = facts.newer ?? facts.best ?? facts.nearest;
  const bestHash = best && candidateOf(best);
  const drawn = records.flatMap((record, index) => {
    const curves = curvesOf(record);
    return curves.length === 0 ? [] : [{ record, curves, isBest: facts.hashes[index] === bestHash }];
  });
  if (drawn.length === 0) return undefined;
  const isStopped = ({ record }: (typeof drawn)[number]) => record.outcome.status === 'stopped';
  const ofBest = drawn.filter(({ isBest }) => isBest);
  const ended = drawn.filter((one) => !one.isBest && isStopped(one));
  const others = drawn.filter((one) => !one.isBest && !isStopped(one));
  const [shownEnded, shownOthers] = [thinned(ended, MOST_CURVES), thinned(others, MOST_CURVES)];
  const curves = (of: readonly (typeof drawn)[number][]) =>
    of.flatMap((one): Curve[] => one.curves.map((points) => ({ title: titleOf(one.record), points })));
  const ends = shownEnded.flatMap((one): Named[] =>
    one.curves.flatMap((points) => points.slice(-1).map((point) => ({ ...point, title: titleOf(one.record) }))),
  );
  const points = [...shownEnded, ...shownOthers, ...ofBest].flatMap((one) => one.curves.flat());
  const left = drawn.length - shownEnded.length - shownOthers.length - ofBest.length;
  return figureOf({
    id: 'curves',
    title: 'Learning curves',
    description: `Accuracy on training samples against samples seen, of ${several(drawn.length, 'trial')}; ${several(ended.length, 'training')} ended before its length. The table of trials tells what each came to.`,
    x: logScale(
      'training samples seen',
      points.map(({ x }) => x),
    ),
    y: accuracyScale('training accuracy', [...points.map(({ y }) => y), problem.floor]),
    levels: [{ axis: 'y', value: problem.floor, label: `floor ${percent(problem.floor)}` }],
    layers: [
      { type: 'curves', style: 'faint', name: 'trained', curves: curves(shownOthers) },
      { type: 'curves', style: 'second', name: 'stopped', curves: curves(shownEnded) },
      { type: 'marks', style: 'second', shape: 'square', name: 'where it was stopped', points: ends },
      {
        type: 'curves',
        style: 'first',
        name: `the ${facts.nearest === best ? 'nearest' : 'best'} network, each training`,
        curves: curves(ofBest),
      },
    ],
    caption:
      'Each trial at its best learning rate and seed; the accuracy is that on the training samples since the point before, as they were gathered: augmented ones are harder than those of validation.' +
      `${left > 0 ? ` Of ${count(drawn.length)} trials ${count(drawn.length - left)} are drawn.` : ''}`,
  });
}

/** How one trial went; undefined where it tells no curve. */
export function trialCurve({ floor }: Problem, record: TrialRecord): Markup | undefined {
  const curves = curvesOf(record);
  if (curves.length === 0) return undefined;
  const number = numberOf(record);
  const points = curves.flat();
  const last = curves.map((curve) => curve.at(-1)?.y ?? Number.NaN);
  return figureOf({
    id: `curve-t${number}`,
    title: `Learning curve of trial ${number}`,
    description: `Accuracy on training samples against samples seen; it ends at ${last.map(percent).join(', ')}.`,
    x: logScale(
      'training samples seen',
      points.map(({ x }) => x),
    ),
    y: accuracyScale('training accuracy', [...points.map(({ y }) => y), floor]),
    levels: [{ axis: 'y', value: floor, label: `floor ${percent(floor)}` }],
    layers: [
      {
        type: 'curves',
        style: 'first',
        name: curves.length > 1 ? 'each training' : 'at its best learning rate and seed',
        curves: curves.map((curve) => ({ title: titleOf(record), points: curve })),
      },
    ],
    caption: `Accuracy on the training samples since the point before; ${curves.length > 1 ? 'each training' : 'the best of its trainings'}.`,
    small: true,
  });
}

/** Of a trial the curve of its best replica, of one that was trained from many seeds those of its best learning rate. */
export function curvesOf(record: TrialRecord): readonly (readonly Point[])[] {
  const { outcome, seeds } = record;
  const curve = outcome.status === 'trained' || outcome.status === 'stopped' ? outcome.curve : undefined;
  if (!curve) return [];
  const all = curve.accuracy.map((values) =>
    values.flatMap((y, index): Point[] => {
      const x = curve.samples[index];
      return x !== undefined && x > 0 && Number.isFinite(y) ? [{ x, y }] : [];
    }),
  );
  const replicas = atBestRate(record)?.replicas ?? all.map((_, replica) => replica);
  const own = replicas.flatMap((replica) => (all[replica]?.length ? [all[replica]] : []));
  if (outcome.status === 'trained' && seeds.length > 1) return own;
  const last = (points: readonly Point[]) => points.at(-1)?.y ?? 0;
  return [...own].sort((a, b) => last(b) - last(a)).slice(0, 1);
}

function titleOf(record: TrialRecord): string {
  const { outcome, costs } = record;
  const name = `Trial ${numberOf(record)}, ${count(costs.parameters)} parameters`;
  if (outcome.status === 'trained') return `${name}: ${percent(meanAccuracy(record))} on validation data`;
  return 'reason' in outcome ? `${name}: ${outcome.reason}` : name;
}

interface Stopped {
  readonly kind: string;
  readonly example: string;
  readonly shares: number[];
  ms: number;
}

/** Why trainings were ended before their length. */
function stoppedTable(records: readonly TrialRecord[]): Markup | undefined {
  const kinds = new Map<string, Stopped>();
  for (const { outcome, samples, wallMs } of records) {
    if (outcome.status !== 'stopped') continue;
    const kind = kindOfReason(outcome.reason);
    const known = kinds.get(kind) ?? { kind, example: outcome.reason, shares: [], ms: 0 };
    known.shares.push(outcome.after / samples);
    known.ms += wallMs;
    kinds.set(kind, known);
  }
  if (kinds.size === 0) return undefined;
  const rows = [...kinds.values()].sort((a, b) => b.shares.length - a.shares.length);
  const columns = [
    { title: 'why', kind: 'words' },
    { title: 'trials', kind: 'number' },
    { title: 'median share of their length', kind: 'number' },
    { title: 'time', kind: 'number' },
    { title: 'the first of them', kind: 'words' },
  ] as const;
  return tableOf(
    'Trainings that were ended before their length',
    columns,
    rows.map(({ kind, example, shares, ms }) => [kind, count(shares.length), percent(median(shares)), duration(ms), example]),
  );
}

/** What a reason says before its numbers. */
function kindOfReason(reason: string): string {
  const [words = ''] = reason.split(/[:;\d]/);
  return words.replace(/ (?:of|after)?\s*$/, '') || reason;
}
