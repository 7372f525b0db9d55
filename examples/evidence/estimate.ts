import type { Begun } from '../table/partial.ts';
import type { Finished } from '../table/store.ts';
import type { Wanted } from './wanted.ts';

export interface Estimate {
  readonly ms: number;
  /** Where it comes from, in words. */
  readonly source: string;
}

/** How long work took on some adapter. */
export interface Measurement {
  /** What was measured, in words. */
  readonly source: string;
  /** Of what its cost is counted in. */
  readonly unit: string;
  /** The cost of one seed at the wanted length: networks of another size have another pace. */
  readonly size: number;
  readonly msPerCost: number;
  readonly adapter: string;
  /** ISO 8601. */
  readonly date: string;
  /** Keys of the wanted trainings that it is one of, at some length. */
  readonly key?: string;
}

/** The share of a row from which on its own time tells how long the rest takes. */
const TELLING = 0.02;

/** Rows that can be extended have one unit of cost in all tables, others that of their table. */
export function unitOf({ whole, places }: Wanted): string {
  return whole.extend ? 'network' : (places[0]?.table ?? '');
}

/** Cost from so many seeds: in proportion to them where a row may have fewer. */
export function costOf({ whole, first }: Wanted, seeds: number): number {
  if (!first) return whole.cost;
  return first.cost + ((seeds - first.seeds) * (whole.cost - first.cost)) / (whole.seeds - first.seeds);
}

/** What finished rows tell of pace; those of no wanted row tell nothing. */
export function measurements(finished: readonly Finished[], wanted: readonly Wanted[]): Measurement[] {
  const byRow = new Map(wanted.flatMap((one) => one.places.map((place) => [`${place.table} ${place.row}`, one])));
  return finished.flatMap((one) => {
    const found = byRow.get(`${one.table} ${one.row}`);
    if (!found) return [];
    const cost = (costOf(found, seedsIn(one.result) ?? found.whole.seeds) * one.scale) / found.whole.scale;
    return {
      source: `${one.row}, ${one.training.split(', ')[0]}`,
      unit: unitOf(found),
      size: costOf(found, 1),
      msPerCost: one.wallMs / cost,
      adapter: one.adapter.description,
      date: one.finished,
      key: found.key,
    };
  });
}

function seedsIn(result: object): number | undefined {
  return 'seeds' in result && Array.isArray(result.seeds) ? result.seeds.length : undefined;
}

/**
 * How long `cost` of a wanted training takes on an adapter, from the first of these that is there: what has been done of it; its own
 * time at another length or from fewer seeds, the newest; the pace of the row that is nearest in size; the same two on another
 * adapter. Undefined where nothing was measured in its unit.
 */
export function estimate(
  wanted: Wanted,
  cost: number,
  adapter: string,
  measured: readonly Measurement[],
  { share, wallMs }: Begun = { share: 0, wallMs: 0 },
): Estimate | undefined {
  if (share >= TELLING) return { ms: (wallMs / share) * (1 - share), source: 'what is done of it' };
  const size = costOf(wanted, 1);
  const distance = (one: Measurement) => Math.abs(Math.log(one.size / size));
  const better = (a: Measurement, b: Measurement) =>
    Number(b.adapter === adapter) - Number(a.adapter === adapter) ||
    Number(b.key === wanted.key) - Number(a.key === wanted.key) ||
    (a.key === wanted.key ? b.date.localeCompare(a.date) : distance(a) - distance(b) || b.date.localeCompare(a.date));
  const best = measured
    .filter(({ unit, msPerCost }) => unit === unitOf(wanted) && msPerCost > 0)
    .reduce<Measurement | undefined>((found, one) => (found && better(found, one) <= 0 ? found : one), undefined);
  if (!best) return undefined;
  const where = best.adapter === adapter ? '' : ` on ${best.adapter}`;
  const how = best.key === wanted.key ? `its time, ${best.source}` : `the pace of ${best.source}`;
  return { ms: best.msPerCost * cost * (1 - share), source: `${how}${where}` };
}

/** Whether rows of networks would be estimated by what another adapter took. */
export function isUnmeasured(adapter: string, measured: readonly Measurement[]): boolean {
  return !measured.some((one) => one.adapter === adapter && one.unit === 'network');
}
