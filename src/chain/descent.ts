import type { Format } from '../search/file-formats.ts';
import type { Attempts } from './attempts.ts';
import type { ChainClock } from './clock.ts';
import { Ladders, type Neighbour } from './ladders.ts';
import { accuracyOf, bytesOf, type ChainRecord } from './trial.ts';

export interface DescentOptions {
  readonly attempts: Attempts;
  readonly clock: ChainClock;
  readonly format: Format;
  /** Which a single seed should reach. */
  readonly target: number;
  /** From which chains are screened: none of those that decide. */
  readonly seed: number;
}

/**
 * From the network as it is down the ladders of the steps: of all neighbours of a chain, each tried from one seed, to the one that makes
 * the smallest file of those that reach the target, until there is none or the clock keeps what is left for the confirmation. Yields what
 * was tried, also what the study knew, and returns what reached the target.
 */
export async function* descent(
  start: ChainRecord,
  { attempts, clock, format, target, seed }: DescentOptions,
): AsyncGenerator<ChainRecord, readonly ChainRecord[], undefined> {
  const ladders = new Ladders(format);
  const reached: ChainRecord[] = [];
  let current = start;
  for (let open = ladders.neighbours(); open.length > 0; open = ladders.neighbours()) {
    const smaller: Tried[] = [];
    let isTried = false;
    for (const neighbour of open) {
      if (!attempts.costsNothing(neighbour.chain, [seed]) && !clock.allowsScreening(leastOf(reached))) continue;
      isTried = true;
      const record = yield* attempts.of(neighbour.chain, [seed]);
      if (record.outcome.status === 'refused') ladders.passOver(neighbour);
      else if (accuracyOf(record) < target) ladders.miss(neighbour);
      else if (bytesOf(record) >= bytesOf(current)) ladders.passOver(neighbour);
      else {
        smaller.push({ neighbour, record });
        reached.push(record);
      }
    }
    if (!isTried) return reached;
    const least = leastOf(smaller.map(({ record }) => record));
    const best = smaller.find(({ record }) => record === least);
    if (!best) continue;
    ladders.goTo(best.neighbour);
    current = best.record;
  }
  return reached;
}

interface Tried {
  readonly neighbour: Neighbour;
  readonly record: ChainRecord;
}

function leastOf(records: readonly ChainRecord[]): ChainRecord | undefined {
  return records.reduce<ChainRecord | undefined>(
    (least, one) => (least && bytesOf(least) <= bytesOf(one) ? least : one),
    undefined,
  );
}
