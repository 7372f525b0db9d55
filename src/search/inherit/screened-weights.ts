import { LEAST_SEEDS } from '../bound.ts';
import type { TrialRecord } from '../trial.ts';

/**
 * Which weights a study lets go of. Those of trials from all seeds stay. Others are kept for trials that may begin with them: the latest,
 * in so many bytes; the oldest are lost, and made again where they are asked for.
 */
export class ScreenedWeights {
  private readonly kept = new Map<TrialRecord, number>();
  private bytes = 0;

  constructor(private readonly most: number) {}

  /** Those that are to go, where the weights of this one come. */
  add(record: TrialRecord): TrialRecord[] {
    if (record.seeds.length >= LEAST_SEEDS || record.outcome.status !== 'trained') return [];
    const bytes = record.costs.bytes * record.outcome.accuracy.length;
    this.bytes += bytes - (this.kept.get(record) ?? 0);
    // As the newest.
    this.kept.delete(record);
    this.kept.set(record, bytes);
    const gone: TrialRecord[] = [];
    for (const [oldest, freed] of this.kept) {
      // The newest is what was asked for, however large.
      if (this.bytes <= this.most || oldest === record) break;
      this.kept.delete(oldest);
      this.bytes -= freed;
      gone.push(oldest);
    }
    return gone;
  }
}
