import { score, targetAccuracy } from '../best.ts';
import { excess } from '../costs.ts';
import { fullLength, type History, type Problem, type Proposal, screeningSeeds } from '../strategy.ts';
import { atBestRate, candidateOf, meanAccuracy, samplesOf, searched, type TrialRecord } from '../trial.ts';

/** A longer training is of so many times as many samples as the one before. */
const TIMES = 3;
/** A training is of no more than so many times the full length: of ten epochs, 810. */
const MOST_TIMES = 81;
/** Of all samples that are seen, longer trainings than the full length may take this share. */
const SHARE = 1 / 3;
/** An error falls to no less than this share of itself in a training of thrice the length: what it did before says no more. */
const MOST_GAIN = 0.6;

/** What is known of a candidate: its trainings, by rising length. */
interface Course {
  readonly record: TrialRecord;
  readonly samples: number;
  readonly error: number;
}

/**
 * A training beyond the full length, where recipes are searched: of the smallest candidate below `limit` that does not hold the floor at
 * the length that it was trained for, but would after three times as long, were its error to go on falling as it did.
 */
export function lengthen(problem: Problem, { records, pending }: History, limit: number): Proposal | undefined {
  if (!problem.recipes) return undefined;
  const all = searched([...records, ...pending]);
  const spent = samplesOf(all);
  const long = samplesOf(all.filter(({ samples }) => samples > fullLength(problem)));
  const allowed = 1 - targetAccuracy(problem, records);
  const [candidate] = coursesOf(problem, records, limit)
    .map((course) => ({ course, promised: promisedError(course) }))
    .filter(({ course, promised }) => {
      const last = course.at(-1);
      return last !== undefined && last.error > allowed && promised !== undefined && promised <= allowed;
    })
    .flatMap(({ course }) => course.slice(-1))
    .filter(({ record, samples }) => {
      const asked = all.some((trial) => trial.samples > samples && candidateOf(trial) === candidateOf(record));
      const cost = TIMES * samples;
      return !asked && cost <= MOST_TIMES * fullLength(problem) && long + cost <= SHARE * (spent + cost);
    })
    .sort((a, b) => score(problem, a.record) - score(problem, b.record));
  if (!candidate) return undefined;
  const { model, recipe, key, origin } = candidate.record;
  const samples = TIMES * candidate.samples;
  const { family } = origin;
  return {
    model,
    samples,
    seeds: screeningSeeds(problem),
    rates: [atBestRate(candidate.record)?.rate ?? Number.NaN],
    ...(recipe && { recipe }),
    origin: { strategy: 'evolve', parent: key, change: `trained for ${samples} samples, since its error still fell`, family },
  };
}

/** Of the candidates that were trained at full length and are small enough. */
function coursesOf(problem: Problem, records: readonly TrialRecord[], limit: number): Course[][] {
  const courses = new Map<string, Map<number, TrialRecord>>();
  for (const record of records) {
    if (
      record.inherits ||
      meanAccuracy(record) === undefined ||
      score(problem, record) >= limit ||
      excess(problem.objective, record.costs)
    )
      continue;
    const candidate = candidateOf(record);
    const course = courses.get(candidate) ?? new Map<number, TrialRecord>();
    const before = course.get(record.samples);
    // Of trainings of one length, that from most seeds tells most.
    if (!before || before.seeds.length < record.seeds.length) course.set(record.samples, record);
    courses.set(candidate, course);
  }
  return [...courses.values()]
    .map((course) =>
      [...course.entries()]
        .sort(([a], [b]) => a - b)
        .map(([samples, record]) => ({ record, samples, error: 1 - (meanAccuracy(record) ?? 0) })),
    )
    .filter((course) => (course.at(-1)?.samples ?? 0) >= fullLength(problem));
}

/** The error after thrice as many samples, as a power of them, by the last training and the one before of half of it or less. */
function promisedError(course: readonly Course[]): number | undefined {
  const last = course.at(-1);
  const before = last && course.filter(({ samples }) => samples <= last.samples / 2).at(-1);
  if (!before || before.error <= 0) return undefined;
  const gain = (last.error / before.error) ** (Math.log(TIMES) / Math.log(last.samples / before.samples));
  return last.error * Math.max(MOST_GAIN, gain);
}
