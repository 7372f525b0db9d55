import { mean } from '../../core/statistics.ts';
import { type Interval, wilsonInterval } from '../../core/wilson.ts';
import type { Model } from '../../model/types.ts';
import { bestOf, confirms, nearestOf, score } from '../../search/best.ts';
import { LEAST_SEEDS, lowerBound } from '../../search/bound.ts';
import type { Conclusion, Finalist } from '../../search/conclusion.ts';
import type { Costs } from '../../search/costs.ts';
import { paretoFront } from '../../search/front.ts';
import type { Recipe } from '../../search/recipe.ts';
import { fullLength, type Problem } from '../../search/strategy.ts';
import { atBestRate, candidateOf, deciding, type TrialRecord } from '../../search/trial.ts';

/** A network and what its longest training with the most seeds says of it. */
export interface Network {
  /** Of its trial, counted from 1 in the order in which they were begun; undefined where a conclusion holds a network that no trial has. */
  readonly number?: number;
  readonly key: string;
  readonly model: Model;
  readonly costs: Costs;
  /** The number that is made small. */
  readonly cost: number;
  /** What was done otherwise than the set-up says. */
  readonly recipe?: Recipe;
  /** Training samples that each seed saw. */
  readonly samples: number;
  readonly seeds: readonly number[];
  /** The learning rate that was best on validation data, where it is known. */
  readonly rate?: number;
  /** Accuracies, one a seed. */
  readonly validation: readonly number[];
  /** On the data that were kept back, where the study keeps some. */
  readonly confirmation?: readonly number[];
  /** Empty: not measured. */
  readonly test: readonly number[];
  /** Mean on validation data. */
  readonly accuracy: number;
  /** One-sided 95% lower bound of the mean, on the data kept back or, without any, on validation data; undefined for a single seed. */
  readonly bound?: number;
}

/** What the sections of the page share. */
export interface Facts {
  readonly full: number;
  /** Of each trial, its network's hash. */
  readonly hashes: readonly string[];
  /** Every network that was trained at full length, by rising cost. */
  readonly networks: readonly Network[];
  /** Those of them that were trained from at least five seeds. */
  readonly confirmed: readonly Network[];
  /** Of `confirmed`, or, where there is none, of `networks`. */
  readonly front: readonly Network[];
  /** The last of the present test set, or of an unknown one. */
  readonly conclusion?: Conclusion;
  /** Whether `conclusion` is of a test set that is not known to be the present one, nor another. */
  readonly isOfUnknown: boolean;
  /** How often the test set of `conclusion` was looked at. */
  readonly looks: number;
  /** Conclusions of other test sets, the latest last. */
  readonly others: readonly Conclusion[];
  /** Of `conclusion`, by rising cost. */
  readonly finalists: readonly Network[];
  /** The smallest that holds the floor on validation data: of the conclusion, where its trial still shows it, or, without one, of the trials. */
  readonly best?: Network;
  /** A smaller one that was found after the last conclusion. */
  readonly newer?: Network;
  /** Where none holds the floor, the one that comes nearest: see `nearestOf`. */
  readonly nearest?: Network;
}

export interface StudyState {
  readonly problem: Problem;
  readonly records: readonly TrialRecord[];
  readonly conclusions: readonly Conclusion[];
  /** `datasetHash` of the present test set, where it is at hand: what was said of another is not taken for said of it. */
  readonly testHash?: string;
  /** Samples of the data by which the floor is judged: with them the interval that they leave is told. */
  readonly data?: JudgingData;
}

export interface JudgingData {
  readonly validation: number;
  /** Kept back of the validation data. */
  readonly confirmation?: number;
}

export function factsOfStudy({ problem, records, conclusions, testHash }: StudyState): Facts {
  const full = fullLength(problem);
  const hashes = records.map(candidateOf);
  const chosen = new Map<string, Network>();
  records.forEach((record, index) => {
    const network = record.samples >= full ? networkOf(problem, record) : undefined;
    const hash = hashes[index] ?? '';
    if (network && network.seeds.length >= (chosen.get(hash)?.seeds.length ?? 0)) chosen.set(hash, network);
  });
  const networks = [...chosen.values()].sort((a, b) => a.cost - b.cost);
  const confirmed = networks.filter(({ seeds }) => seeds.length >= LEAST_SEEDS);
  const present = ({ testHash: looked }: Conclusion) => testHash === undefined || looked === undefined || looked === testHash;
  const conclusion = conclusions.filter(present).at(-1);
  const sameSet = conclusions.filter((one) => conclusion && one.testHash === conclusion.testHash);
  const finalists = finalistsOf(problem, conclusion, records);
  const found = bestOf(problem, records);
  const foundNetwork = found && networkOf(problem, found);
  const shown = records.find((record) => record.key === conclusion?.best && confirms(problem, record));
  const concluded = shown && finalists.find(({ key }) => key === shown.key);
  const best = conclusion ? concluded : foundNetwork;
  const isNewer = conclusion !== undefined && foundNetwork !== undefined && foundNetwork.cost < (concluded?.cost ?? Infinity);
  const near = best ? undefined : nearestOf(problem, records);
  const isFinalist = finalists.some(({ key }) => key === foundNetwork?.key);
  return {
    full,
    hashes,
    networks,
    confirmed,
    front: paretoFront(confirmed.length > 0 ? confirmed : networks),
    conclusion,
    isOfUnknown: testHash !== undefined && conclusion !== undefined && conclusion.testHash === undefined,
    looks: sameSet.length,
    others: conclusions.filter((one) => !sameSet.includes(one)),
    finalists,
    best,
    newer: isNewer && !isFinalist ? foundNetwork : undefined,
    nearest: near && (finalists.find(({ key }) => key === near.key) ?? networkOf(problem, near)),
  };
}

/** The finalists of a conclusion, by rising cost. */
export function finalistsOf(problem: Problem, conclusion: Conclusion | undefined, records: readonly TrialRecord[]): Network[] {
  const trials = new Map(records.map((record) => [record.key, record]));
  const networks = (conclusion?.finalists ?? []).map((finalist: Finalist): Network => {
    const trial = trials.get(finalist.key);
    return {
      number: trial && numberOf(trial),
      ...finalist,
      rate: trial && atBestRate(trial)?.rate,
      ...(trial?.recipe && { recipe: trial.recipe }),
      cost: score(problem, finalist),
      samples: trial?.samples ?? fullLength(problem),
      accuracy: mean(finalist.validation),
      bound: lowerBound(decidingOf(finalist)),
    };
  });
  return networks.sort((a, b) => a.cost - b.cost);
}

/** The accuracies by which the floor is judged. */
export function decidingOf({ validation, confirmation }: Pick<Network, 'validation' | 'confirmation'>): readonly number[] {
  return deciding({ accuracy: validation, confirmation });
}

/** What the number of samples alone leaves open of the accuracy by which the floor is judged; undefined where it is not known. */
export function intervalOf(network: Pick<Network, 'validation' | 'confirmation'>, data?: JudgingData): Interval | undefined {
  const samples = judgingSamples(network, data);
  return samples === undefined ? undefined : wilsonInterval(mean(decidingOf(network)), samples);
}

/** Of the data by which the floor is judged. */
export function judgingSamples({ confirmation }: Pick<Network, 'confirmation'>, data?: JudgingData): number | undefined {
  return confirmation ? data?.confirmation : data?.validation;
}

/** By what a trial is called on the page: counted from 1. */
export function numberOf({ number }: TrialRecord): number {
  return number + 1;
}

/** Undefined where nothing was trained, or no accuracy came of it. */
function networkOf(problem: Problem, record: TrialRecord): Network | undefined {
  const { key, model, costs, samples, seeds, recipe } = record;
  const best = atBestRate(record);
  const accuracy = mean(best?.accuracy ?? []);
  if (!best || !Number.isFinite(accuracy)) return undefined;
  const { accuracy: validation, confirmation } = best;
  const shared = {
    key,
    model,
    costs,
    samples,
    seeds,
    validation,
    ...(confirmation && { confirmation }),
    accuracy,
    rate: best.rate,
    ...(recipe && { recipe }),
  };
  return { number: numberOf(record), ...shared, cost: score(problem, record), test: [], bound: lowerBound(deciding(best)) };
}
