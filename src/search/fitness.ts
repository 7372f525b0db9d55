import { modelHash } from '../model/hash.ts';
import { score, targetAccuracy } from './best.ts';
import type { Costs } from './costs.ts';
import { fullLength, type Problem } from './strategy.ts';
import { meanAccuracy, type TrialRecord } from './trial.ts';

/**
 * How much a network counts as larger for each time that its error exceeds the allowed one once more: far more than a network of that
 * accuracy is smaller. bench/notes/search.md has what else was tried.
 */
const SHORTFALL = 8;
/** Error at full length beside that of a third of it, where nothing is known yet. */
const USUAL_GAIN = 0.7;

/**
 * How far from the goal networks are, as one number, less is better: the logarithm of the size, and a penalty for an error beyond
 * the one that the floor allows. Errors of short trainings are first reduced as longer ones of the same networks have shown.
 */
export class Fitness {
  private readonly gains: readonly number[];
  /** The error that the target accuracy allows. */
  private readonly allowed: number;
  private readonly known = new Map<TrialRecord, number>();

  constructor(
    private readonly problem: Problem,
    records: readonly TrialRecord[],
  ) {
    this.allowed = Math.max(1 - targetAccuracy(problem, records), 1e-4);
    this.gains = problem.rungs.map((samples, level) => gainFrom(problem, records, samples, problem.rungs.length - 1 - level));
  }

  of(record: TrialRecord): number {
    const known = this.known.get(record);
    if (known !== undefined) return known;
    const accuracy = meanAccuracy(record);
    const fitness = accuracy === undefined ? Number.POSITIVE_INFINITY : this.at(record, record.samples, accuracy);
    this.known.set(record, fitness);
    return fitness;
  }

  /** Of a network with these costs that came, or is thought to come, to this accuracy after so many samples. */
  at(network: { readonly costs: Costs }, samples: number, accuracy: number): number {
    const { rungs } = this.problem;
    const level = rungs.filter((rung) => rung <= samples).length - 1;
    const error = (1 - accuracy) * (this.gains[level] ?? 1);
    return Math.log(Math.max(1e-9, score(this.problem, network))) + SHORTFALL * Math.max(0, error / this.allowed - 1);
  }
}

/** The median of error at full length / error at `samples`, over networks that were trained for both. */
function gainFrom(problem: Problem, records: readonly TrialRecord[], samples: number, thirds: number): number {
  if (thirds === 0) return 1;
  const errors = (length: number) =>
    new Map(
      records.flatMap((record) => {
        const accuracy = meanAccuracy(record);
        return record.samples === length && accuracy !== undefined ? [[modelHash(record.model), 1 - accuracy] as const] : [];
      }),
    );
  const short = errors(samples);
  const ratios = [...errors(fullLength(problem))].flatMap(([hash, error]) => {
    const before = short.get(hash);
    return before === undefined || before === 0 ? [] : [error / before];
  });
  if (ratios.length === 0) return USUAL_GAIN ** thirds;
  return Math.min(1, ratios.sort((a, b) => a - b)[Math.floor(ratios.length / 2)] ?? 1);
}
