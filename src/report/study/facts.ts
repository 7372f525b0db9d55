import { mean } from '../../core/statistics.ts';
import { modelHash } from '../../model/hash.ts';
import type { Model } from '../../model/types.ts';
import { bestOf, confirms, score } from '../../search/best.ts';
import { LEAST_SEEDS, lowerBound } from '../../search/bound.ts';
import type { Conclusion, Finalist } from '../../search/conclusion.ts';
import type { Costs } from '../../search/costs.ts';
import { paretoFront } from '../../search/front.ts';
import { fullLength, type Problem } from '../../search/strategy.ts';
import { atBestRate, type TrialRecord } from '../../search/trial.ts';

/** A network and what its longest training with the most seeds says of it. */
export interface Network {
  /** Of its trial, counted from 1 in the order in which they were begun; undefined where a conclusion holds a network that no trial has. */
  readonly number?: number;
  readonly key: string;
  readonly model: Model;
  readonly costs: Costs;
  /** The number that is made small. */
  readonly cost: number;
  /** Training samples that each seed saw. */
  readonly samples: number;
  readonly seeds: readonly number[];
  /** The learning rate that was best on validation data, where it is known. */
  readonly rate?: number;
  /** Accuracies, one a seed. */
  readonly validation: readonly number[];
  /** Empty: not measured. */
  readonly test: readonly number[];
  /** Mean on validation data. */
  readonly accuracy: number;
  /** One-sided 95% lower bound of that mean; undefined for a single seed. */
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
  /** Where none holds the floor, the one that comes nearest. */
  readonly nearest?: Network;
}

export interface StudyState {
  readonly problem: Problem;
  readonly records: readonly TrialRecord[];
  readonly conclusions: readonly Conclusion[];
  /** `datasetHash` of the present test set, where it is at hand: what was said of another is not taken for said of it. */
  readonly testHash?: string;
}

export function factsOfStudy({ problem, records, conclusions, testHash }: StudyState): Facts {
  const full = fullLength(problem);
  const hashes = records.map(({ model }) => modelHash(model));
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
    nearest: best ? undefined : nearestOf(problem, records, [...finalists, ...confirmed], networks),
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
      cost: score(problem, finalist),
      samples: trial?.samples ?? fullLength(problem),
      accuracy: mean(finalist.validation),
      bound: lowerBound(finalist.validation),
    };
  });
  return networks.sort((a, b) => a.cost - b.cost);
}

/** By what a trial is called on the page: counted from 1. */
export function numberOf({ number }: TrialRecord): number {
  return number + 1;
}

/** Undefined where nothing was trained, or no accuracy came of it. */
function networkOf(problem: Problem, record: TrialRecord): Network | undefined {
  const { key, model, costs, samples, seeds } = record;
  const best = atBestRate(record);
  const accuracy = mean(best?.accuracy ?? []);
  if (!best || !Number.isFinite(accuracy)) return undefined;
  const validation = best.accuracy;
  const shared = { key, model, costs, samples, seeds, validation, accuracy, rate: best.rate };
  return { number: numberOf(record), ...shared, cost: score(problem, record), test: [], bound: lowerBound(validation) };
}

/** By the bound, of those with one; else by the mean, of the longest trainings. */
function nearestOf(
  problem: Problem,
  records: readonly TrialRecord[],
  confirmed: readonly Network[],
  networks: readonly Network[],
): Network | undefined {
  const highest = (of: readonly Network[], value: (network: Network) => number) =>
    of.reduce<Network | undefined>((best, network) => (best && value(best) >= value(network) ? best : network), undefined);
  const bounded = confirmed.filter(({ bound }) => bound !== undefined && Number.isFinite(bound));
  if (bounded.length > 0) return highest(bounded, ({ bound }) => bound ?? 0);
  if (networks.length > 0) return highest(networks, ({ accuracy }) => accuracy);
  const short = records.flatMap((record) => networkOf(problem, record) ?? []);
  const longest = short.reduce((most, { samples }) => Math.max(most, samples), 0);
  return highest(
    short.filter(({ samples }) => samples === longest),
    ({ accuracy }) => accuracy,
  );
}
