import {
  atBestRate,
  confirms,
  describe,
  layerTable,
  lowerBound,
  type Problem,
  paretoFront,
  scoreOf,
  statistics,
  type TrialRecord,
} from 'paredown';
import type { Evidence, Other, Point } from './calls.ts';

/** How much each tells of a network. */
const WEIGHT: Readonly<Record<Evidence, number>> = { holds: 3, below: 3, once: 2, handed: 1, short: 0 };

interface Trained {
  readonly record: TrialRecord;
  readonly cost: number;
  readonly accuracy: number;
  readonly evidence: Evidence;
}

/** What was trained within the limits; of one network what tells most, and of equals the latest. */
function trainedIn(problem: Problem, records: readonly TrialRecord[]): Trained[] {
  const networks = new Map<string, Trained>();
  for (const record of records) {
    const { costs } = record;
    const best = atBestRate(record);
    const { limits } = problem.objective;
    if (!best || (limits.parameters !== undefined && costs.parameters > limits.parameters)) continue;
    const cost = scoreOf(problem.objective, costs);
    const one = { record, cost, accuracy: statistics.mean(best.accuracy), evidence: evidenceOf(problem, record) };
    if (!Number.isFinite(one.accuracy)) continue;
    const network = networkOf(record);
    const known = networks.get(network);
    if (!known || WEIGHT[one.evidence] >= WEIGHT[known.evidence]) networks.set(network, one);
  }
  return [...networks.values()];
}

/** What `make` makes of a record, once: a front is told after every trial. */
function once<T>(make: (record: TrialRecord) => T): (record: TrialRecord) => T {
  const known = new WeakMap<TrialRecord, T>();
  return (record) => {
    const made = known.get(record) ?? make(record);
    known.set(record, made);
    return made;
  };
}

const networkOf = once(({ model, recipe }) => `${describe(model).hash} ${JSON.stringify(recipe ?? {})}`);
const layersOf = once(({ model }) => layerTable(model));

function evidenceOf(problem: Problem, record: TrialRecord): Evidence {
  if (record.inherits) return 'handed';
  if (record.samples < (problem.rungs.at(-1) ?? 0)) return 'short';
  if (record.seeds.length < problem.seeds.length) return 'once';
  return confirms(problem, record) ? 'holds' : 'below';
}

/** The front of all that was trained, and with it that of what was confirmed, by rising cost. */
function onFront(trained: readonly Trained[]): Trained[] {
  const confirmed = trained.filter(({ evidence }) => evidence === 'holds' || evidence === 'below');
  const front = new Set([...paretoFront(trained), ...paretoFront(confirmed)]);
  return [...front].sort((a, b) => a.cost - b.cost || a.accuracy - b.accuracy);
}

/** Keys of the trials whose networks are shown as the front. */
export function frontKeys(problem: Problem, records: readonly TrialRecord[]): Set<string> {
  return new Set(onFront(trainedIn(problem, records)).map(({ record }) => record.key));
}

export function frontOf(
  problem: Problem,
  records: readonly TrialRecord[],
  keeps: (record: TrialRecord) => boolean,
): { readonly front: readonly Point[]; readonly others: readonly Other[] } {
  const trained = trainedIn(problem, records);
  const front = onFront(trained);
  return {
    front: front.map((one) => pointOf(one, keeps(one.record))),
    others: trained.filter((one) => !front.includes(one)).map(({ cost, accuracy }) => ({ cost, accuracy })),
  };
}

function pointOf({ record, cost, accuracy, evidence }: Trained, kept: boolean): Point {
  const { key, number, costs, seeds, samples } = record;
  const best = atBestRate(record);
  const bound = best && lowerBound(best.confirmation ?? best.accuracy);
  return {
    ...{
      key,
      network: networkOf(record),
      number: number + 1,
      parameters: costs.parameters,
      bytes: costs.bytes,
      cost,
      accuracy,
      seeds: seeds.length,
      samples,
    },
    ...{ evidence, kept, layers: layersOf(record) },
    ...(bound !== undefined && { bound }),
  };
}
