import { holdsFloor, LEAST_SEEDS, lowerBound } from './bound.ts';
import { excess, scoreOf } from './costs.ts';
import { fullLength, type Problem } from './strategy.ts';
import { atBestRate, candidateOf, deciding, meanAccuracy, type Trial, type TrialRecord } from './trial.ts';

/** Whether a trial is one that could show that its network holds the floor: full length from nothing, and enough seeds. */
export function confirmsLength(problem: Problem, trial: Pick<TrialRecord, 'samples' | 'seeds' | 'inherits'>): boolean {
  return isFullLength(problem, trial) && trial.seeds.length >= LEAST_SEEDS;
}

/** Whether a trial trains its network at full length from nothing: with weights of another one it would only seem to. */
export function isFullLength(problem: Problem, { samples, inherits }: Pick<TrialRecord, 'samples' | 'inherits'>): boolean {
  return samples >= fullLength(problem) && inherits === undefined;
}

export function confirms(problem: Problem, record: TrialRecord): boolean {
  const best = atBestRate(record);
  const allowed = !excess(problem.objective, record.costs);
  return allowed && confirmsLength(problem, record) && best !== undefined && holdsFloor(deciding(best), problem.floor);
}

export function bestOf(problem: Problem, records: readonly TrialRecord[]): TrialRecord | undefined {
  return records
    .filter((record) => confirms(problem, record))
    .reduce<TrialRecord | undefined>(
      (best, record) => (best && score(problem, best) <= score(problem, record) ? best : record),
      undefined,
    );
}

export function score({ objective }: Problem, { costs }: Pick<TrialRecord, 'costs'>): number {
  return scoreOf(objective, costs);
}

/** How long each candidate was trained, or is being trained, at the most. */
export function longestOf(trials: readonly Trial[]): Map<string, number> {
  const longest = new Map<string, number>();
  for (const trial of trials) {
    const candidate = candidateOf(trial);
    longest.set(candidate, Math.max(trial.samples, longest.get(candidate) ?? 0));
  }
  return longest;
}

/** Full-length trials whose mean reaches `least` on too few seeds to tell, of networks that were not asked with more; the smallest first. */
export function unconfirmed(problem: Problem, records: readonly TrialRecord[], least: number): TrialRecord[] {
  const long = records.filter((record) => isFullLength(problem, record));
  const asked = longestOf(long.filter(({ seeds }) => seeds.length >= LEAST_SEEDS));
  return long
    .filter((record) => (meanAccuracy(record) ?? 0) >= least && (asked.get(candidateOf(record)) ?? 0) < record.samples)
    .filter((record) => !excess(problem.objective, record.costs))
    .sort((a, b) => score(problem, a) - score(problem, b));
}

/**
 * The trial that comes nearest to holding the floor, within the limits: by its bound, of those that could show that they hold it; without
 * any, by the mean, of those at full length from nothing, or of the longest trainings.
 */
export function nearestOf(problem: Problem, records: readonly TrialRecord[]): TrialRecord | undefined {
  const trained = records.filter(
    (record) => Number.isFinite(meanAccuracy(record) ?? Number.NaN) && !excess(problem.objective, record.costs),
  );
  const bounded = trained.filter((record) => confirmsLength(problem, record));
  if (bounded.length > 0) return highest(problem, bounded, boundOf);
  const full = trained.filter((record) => isFullLength(problem, record));
  const longest = trained.reduce((most, { samples }) => Math.max(most, samples), 0);
  const of = full.length > 0 ? full : trained.filter(({ samples }) => samples === longest);
  return highest(problem, of, meanAccuracy);
}

function boundOf(record: TrialRecord): number | undefined {
  const best = atBestRate(record);
  return best && lowerBound(deciding(best));
}

/** Of equals the smallest. */
function highest(
  problem: Problem,
  records: readonly TrialRecord[],
  value: (record: TrialRecord) => number | undefined,
): TrialRecord | undefined {
  const valued = records.map((record) => ({ record, value: value(record) ?? Number.NEGATIVE_INFINITY }));
  return valued.sort((a, b) => b.value - a.value || score(problem, a.record) - score(problem, b.record))[0]?.record;
}

export function bestTraining(problem: Problem, records: readonly TrialRecord[]) {
  const record = bestOf(problem, records);
  const best = record && bestReplica(record);
  return best && { record, ...best };
}

/** Of a trial's trainings the one with the best accuracy on validation; undefined where none came to one. */
export function bestReplica(record: TrialRecord) {
  const picked = atBestRate(record);
  if (!picked) return undefined;
  const accuracy = Math.max(...picked.accuracy);
  const index = picked.accuracy.indexOf(accuracy);
  const [replica, seed] = [picked.replicas[index], record.seeds[index]];
  return replica === undefined || seed === undefined ? undefined : { replica, seed, accuracy };
}

/** Distance of a mean from its bound over five seeds where nothing is known: of seeds that differ by a quarter of a percent. */
const USUAL_GAP = 0.0025;

/**
 * The accuracy that a network should reach: one that only just reaches the floor does not show that it holds it. As far above it as the means of the
 * latest networks that were trained from all seeds lie above their bounds, in the middle.
 */
export function targetAccuracy(problem: Problem, records: readonly TrialRecord[]): number {
  const gaps = records
    .filter((record) => confirmsLength(problem, record))
    .slice(-LATEST)
    .flatMap((record) => {
      const best = atBestRate(record);
      // Of validation accuracies alone: what is proposed must not follow from data that nothing is chosen by.
      const bound = best && lowerBound(best.accuracy);
      const mean = meanAccuracy(record);
      return bound === undefined || mean === undefined ? [] : [mean - bound];
    })
    .sort((a, b) => a - b);
  const gap = gaps[Math.floor(gaps.length / 2)] ?? USUAL_GAP;
  return Math.min(problem.floor + gap, (1 + problem.floor) / 2);
}

const LATEST = 5;
