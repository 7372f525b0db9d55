import { modelHash } from '../model/hash.ts';
import { holdsFloor, LEAST_SEEDS, lowerBound } from './bound.ts';
import { excess, scoreOf } from './costs.ts';
import { fullLength, type Problem } from './strategy.ts';
import { atBestRate, meanAccuracy, type TrialRecord } from './trial.ts';

/** Whether a trial is one that could show that its network holds the floor: full length, and enough seeds. */
export function confirmsLength(problem: Problem, { samples, seeds }: Pick<TrialRecord, 'samples' | 'seeds'>): boolean {
  return samples >= fullLength(problem) && seeds.length >= LEAST_SEEDS;
}

export function confirms(problem: Problem, record: TrialRecord): boolean {
  const best = atBestRate(record);
  const allowed = !excess(problem.objective, record.costs);
  return allowed && confirmsLength(problem, record) && best !== undefined && holdsFloor(best.accuracy, problem.floor);
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

/** Full-length trials whose mean reaches `least` on too few seeds to tell, of networks that were not asked with more; the smallest first. */
export function unconfirmed(problem: Problem, records: readonly TrialRecord[], least: number): TrialRecord[] {
  const long = records.filter(({ samples }) => samples >= fullLength(problem));
  const asked = new Set(long.filter(({ seeds }) => seeds.length >= LEAST_SEEDS).map(({ model }) => modelHash(model)));
  return long
    .filter((record) => (meanAccuracy(record) ?? 0) >= least && !asked.has(modelHash(record.model)))
    .filter((record) => !excess(problem.objective, record.costs))
    .sort((a, b) => score(problem, a) - score(problem, b));
}

export function bestTraining(problem: Problem, records: readonly TrialRecord[]) {
  const record = bestOf(problem, records);
  const picked = record && atBestRate(record);
  if (!record || !picked) return undefined;
  const accuracy = Math.max(...picked.accuracy);
  const index = picked.accuracy.indexOf(accuracy);
  const [replica, seed] = [picked.replicas[index], record.seeds[index]];
  return replica === undefined || seed === undefined ? undefined : { record, replica, seed, accuracy };
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
      const accuracy = atBestRate(record)?.accuracy;
      const bound = accuracy && lowerBound(accuracy);
      const mean = meanAccuracy(record);
      return bound === undefined || mean === undefined ? [] : [mean - bound];
    })
    .sort((a, b) => a - b);
  const gap = gaps[Math.floor(gaps.length / 2)] ?? USUAL_GAP;
  return Math.min(problem.floor + gap, (1 + problem.floor) / 2);
}

const LATEST = 5;
