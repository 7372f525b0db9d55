import { score, targetAccuracy } from './best.ts';
import type { Costs } from './costs.ts';
import { fullLength, type Problem } from './strategy.ts';
import { candidateOf, knownAccuracy, meanAccuracy, type TrialRecord } from './trial.ts';

/**
 * How much a network counts as larger for each time that its error exceeds the allowed one once more: far more than a network of that
 * accuracy is smaller. bench/notes/search.md has what else was tried.
 */
const SHORTFALL = 8;
/**
 * Error at full length beside that of a shorter training, where nothing is known yet, as the logarithm for a third of it; it grows with the
 * square of how many thirds: on MNIST a third leaves 0.9 of its error, a ninth 0.72, a sixtieth 0.33 (bench/notes/search.md).
 */
const USUAL_GAIN = -0.08;
/** Networks that must have been trained at full length before others are given up by what a short training says. */
const KNOWN = 3;
/** More than so many times the allowed error, as foreseen, is given up. */
const HOPELESS = 4;

/**
 * How far from the goal networks are, as one number, less is better: the logarithm of the size, and a penalty for an error beyond
 * the one that the floor allows. Errors of short trainings are first reduced as longer ones of the same networks have shown.
 */
export class Fitness {
  private readonly gains: readonly Gain[];
  /** Of trainings that began with the weights of another network. */
  private readonly handedGains: readonly Gain[];
  /** The error that the target accuracy allows. */
  private readonly allowed: number;
  private readonly known = new Map<TrialRecord, number>();

  constructor(
    private readonly problem: Problem,
    records: readonly TrialRecord[],
  ) {
    this.allowed = Math.max(1 - targetAccuracy(problem, records), 1e-4);
    const errors = new Errors(records);
    this.gains = problem.rungs.map((samples) => gainFrom(problem, errors, samples, false));
    this.handedGains = problem.rungs.map((samples) => gainFrom(problem, errors, samples, true));
  }

  of(record: TrialRecord): number {
    const known = this.known.get(record);
    if (known !== undefined) return known;
    const reached = knownAccuracy(record);
    const fitness = reached
      ? this.at(record, reached.samples, reached.accuracy, record.inherits !== undefined)
      : Number.POSITIVE_INFINITY;
    this.known.set(record, fitness);
    return fitness;
  }

  /** Whether a network need not be trained further: as others have shown, it would end far from the floor. */
  isHopeless(record: TrialRecord): boolean {
    const reached = knownAccuracy(record);
    if (!reached) return true;
    const { networks, factor } = this.gainAfter(reached.samples, record.inherits !== undefined);
    return networks >= KNOWN && (1 - reached.accuracy) * factor > HOPELESS * this.allowed;
  }

  /** Of a network with these costs that came, or is thought to come, to this accuracy after so many samples. */
  at(network: { readonly costs: Costs }, samples: number, accuracy: number, handed = false): number {
    const error = (1 - accuracy) * this.gainAfter(samples, handed).factor;
    return Math.log(Math.max(1e-9, score(this.problem, network))) + SHORTFALL * Math.max(0, error / this.allowed - 1);
  }

  /** The accuracy from nothing that stands for one with handed-down weights: both leave as much at full length. */
  asFromNothing(samples: number, accuracy: number): number {
    return 1 - ((1 - accuracy) * this.gainAfter(samples, true).factor) / this.gainAfter(samples, false).factor;
  }

  private gainAfter(samples: number, handed: boolean): Gain {
    const gains = handed ? this.handedGains : this.gains;
    return gains[this.problem.rungs.filter((rung) => rung <= samples).length - 1] ?? { factor: 1, networks: 0 };
  }
}

/** What full length leaves of an error, and by how many networks this is known. */
interface Gain {
  readonly factor: number;
  readonly networks: number;
}

/** Errors by length and whether weights were handed down, of each candidate. */
class Errors {
  private readonly byLength = new Map<string, Map<string, number>>();

  constructor(records: readonly TrialRecord[]) {
    for (const record of records) {
      const accuracy = meanAccuracy(record);
      if (accuracy === undefined) continue;
      const length = `${record.samples} ${record.inherits !== undefined}`;
      const errors = this.byLength.get(length) ?? new Map<string, number>();
      errors.set(candidateOf(record), 1 - accuracy);
      this.byLength.set(length, errors);
    }
  }

  after(samples: number, handed: boolean): ReadonlyMap<string, number> {
    return this.byLength.get(`${samples} ${handed}`) ?? new Map();
  }
}

/**
 * The median of error at full length, from nothing, / error at `samples`, over networks that were trained for both. With weights that
 * were handed down a short training comes to about what a long one does.
 */
function gainFrom(problem: Problem, errors: Errors, samples: number, handed: boolean): Gain {
  const thirds = Math.log(fullLength(problem) / samples) / Math.log(3);
  if (thirds === 0 && !handed) return { factor: 1, networks: Number.POSITIVE_INFINITY };
  const short = errors.after(samples, handed);
  const ratios = [...errors.after(fullLength(problem), false)].flatMap(([hash, error]) => {
    const before = short.get(hash);
    return before === undefined || before === 0 ? [] : [error / before];
  });
  const median = ratios.sort((a, b) => a - b)[Math.floor(ratios.length / 2)];
  const usual = handed ? 1 : Math.exp(USUAL_GAIN * thirds ** 2);
  return { factor: handed ? (median ?? usual) : Math.min(1, median ?? usual), networks: ratios.length };
}
