import { score } from '../../search/best.ts';
import type { Problem } from '../../search/strategy.ts';
import { meanAccuracy, type TrialRecord } from '../../search/trial.ts';
import { kindOfChange } from './changes.ts';
import type { Facts } from './facts.ts';
import { lineageOf } from './lineage.ts';
import { html, type Markup, tableOf } from './markup.ts';
import { count, duration, median, NOTHING, percent } from './text.ts';

/** Kinds that a table lists at the most. */
const MOST_KINDS = 30;

/** What a kind of change, or of longer training, came to. */
export interface Gain {
  readonly kind: string;
  tried: number;
  /** Those that can be compared with their parent: both were trained, equally long where no weights were handed down. */
  compared: number;
  /** Smaller without a larger error, or of a smaller error without being larger. */
  better: number;
  /** Of each that is compared, its share of its parent's size and of its error. */
  readonly sizes: number[];
  readonly errors: number[];
  /** How many of them the best network descends from, itself included. */
  inLine: number;
  ms: number;
}

interface Gains {
  /** Of changes of a network or its recipe. */
  readonly changes: readonly Gain[];
  /** Of trainings of the same network for longer, or from more seeds. */
  readonly longer: readonly Gain[];
  /** Of networks that come of no other. */
  readonly origins: readonly Gain[];
}

export function gainsOf(problem: Problem, records: readonly TrialRecord[], facts: Facts): Gains {
  const best = facts.newer ?? facts.best ?? facts.nearest;
  const line = new Set(best ? lineageOf(best.key, records).flatMap(({ trials }) => trials) : []);
  const known = new Map(records.map((record, index) => [record.key, { record, hash: facts.hashes[index] ?? '' }]));
  const alike = new Map<string, TrialRecord>();
  records.forEach((record, index) => {
    if (record.inherits) return;
    const place = `${facts.hashes[index]} ${record.samples}`;
    const other = alike.get(place);
    // Of several, that from fewest seeds: a child is first trained from one.
    if (!other || record.seeds.length < other.seeds.length) alike.set(place, record);
  });
  const groups = { changes: new Map<string, Gain>(), longer: new Map<string, Gain>(), origins: new Map<string, Gain>() };
  records.forEach((record, index) => {
    const { origin, inherits, wallMs, samples } = record;
    const parent = known.get(origin.parent ?? '');
    const isSame = parent !== undefined && parent.hash === facts.hashes[index];
    const group = groups[origin.parent === undefined ? 'origins' : isSame ? 'longer' : 'changes'];
    const kind = kindOfChange(origin.change);
    const gain = group.get(kind) ?? { kind, tried: 0, compared: 0, better: 0, sizes: [], errors: [], inLine: 0, ms: 0 };
    group.set(kind, gain);
    gain.tried++;
    gain.ms += wallMs;
    if (line.has(record)) gain.inLine++;
    const against = parent && (isSame || inherits ? parent.record : alike.get(`${parent.hash} ${samples}`));
    const [before, after] = [against && meanAccuracy(against), meanAccuracy(record)];
    if (!against || before === undefined || after === undefined) return;
    if (!Number.isFinite(before) || !Number.isFinite(after)) return;
    const [oldCost, cost] = [score(problem, against), score(problem, record)];
    gain.compared++;
    if ((cost < oldCost && after >= before) || (cost <= oldCost && after > before)) gain.better++;
    if (oldCost > 0) gain.sizes.push(cost / oldCost);
    if (before < 1) gain.errors.push((1 - after) / (1 - before));
  });
  const sorted = (group: ReadonlyMap<string, Gain>) => [...group.values()].sort((a, b) => b.tried - a.tried);
  return { changes: sorted(groups.changes), longer: sorted(groups.longer), origins: sorted(groups.origins) };
}

/** What each kind of change gained, what longer trainings did, and where the first networks came from. */
export function gainsSection(problem: Problem, records: readonly TrialRecord[], facts: Facts, name: string): Markup {
  if (records.length === 0) return html`<p>Nothing was tried yet.</p>`;
  const { changes, longer, origins } = gainsOf(problem, records, facts);
  return html`<p>A changed network is compared with its parent after trainings of the same length; one that began with its parent's weights, with what that had come to. Better is smaller without a larger error, or of a smaller error without being larger.</p>
${table('Changes of a network or its recipe, the most frequent first', 'change', changes, name)}
${table('Longer trainings and confirmations of the same network, beside the training before', 'step', longer, name)}
${table('Networks that come of no trial: drawn, or changed from the start', 'origin', origins, name)}`;
}

function table(caption: string, first: string, gains: readonly Gain[], name: string): Markup | undefined {
  if (gains.length === 0) return undefined;
  const isCompared = gains.some(({ compared }) => compared > 0);
  const hasSizes = gains.some(({ sizes }) => sizes.some((share) => share !== 1));
  const shown = gains.slice(0, MOST_KINDS);
  const left = gains.slice(MOST_KINDS);
  const number = (title: string) => ({ title, kind: 'number' as const });
  const columns = [
    { title: first, kind: 'words' as const },
    number('tried'),
    ...(isCompared ? [number('compared'), number('better')] : []),
    ...(hasSizes ? [number(`median ${name}, of the parent's`)] : []),
    ...(isCompared ? [number("median error, of the parent's")] : []),
    number('in the line of the best'),
    number('time'),
  ];
  const share = (values: readonly number[]) => (values.length === 0 ? NOTHING : percent(median(values)));
  const rows = shown.map(({ kind, tried, compared, better, sizes, errors, inLine, ms }) => [
    kind,
    count(tried),
    ...(isCompared
      ? [count(compared), compared === 0 ? NOTHING : `${count(better)} (${Math.round((100 * better) / compared)}%)`]
      : []),
    ...(hasSizes ? [share(sizes)] : []),
    ...(isCompared ? [share(errors)] : []),
    inLine === 0 ? html`<span class="zero">0</span>` : count(inLine),
    duration(ms),
  ]);
  return html`${tableOf(caption, columns, rows)}${
    left.length > 0 &&
    html`<p class="note">${count(left.length)} rarer kinds, tried ${count(left.reduce((sum, { tried }) => sum + tried, 0))} times, are left out.</p>`
  }`;
}
