import { DataError } from '../../core/errors.ts';
import { Random } from '../../core/random.ts';
import { modelHash } from '../../model/hash.ts';
import { bestOf, score, targetAccuracy, unconfirmed } from '../best.ts';
import { costing, countsLatency } from '../costing.ts';
import { excess } from '../costs.ts';
import { fitFormula, type Observation } from '../fits/fit.ts';
import { PARAMETERS, precisionFormula, type Shares } from '../fits/precision.ts';
import { functionHash } from '../space/function-hash.ts';
import {
  begun,
  fullLength,
  type History,
  type Problem,
  type Proposal,
  type Strategy,
  screeningSeeds,
  usualRate,
} from '../strategy.ts';
import { meanAccuracy, type TrialRecord } from '../trial.ts';
import { type GridNetwork, gridNetworks } from './grid-networks.ts';

/** Networks of the designed sample: equation 6 has ten coefficients, and a few observations are to test them. */
const SAMPLE = 16;
/** How far, in doublings of a parameter, the residual of a trained network tells of another's. */
const REACH = 0.5;

/**
 * Ke et al.: train a designed sample of networks that differ in filters, input size, kernel and layers, fit the precision (equation
 * 6), train the cheapest network that is predicted to hold the floor (equation 7), from one seed and, where that reaches the floor,
 * from all; fit again with what was learned, and so on until nothing cheaper is predicted to hold. What a network costs is known
 * without training it, but for its latency, which is predicted from those of the trials.
 */
export const fitted: Strategy = {
  name: 'model',
  propose(problem, history): Proposal | undefined {
    const tried = begun(history);
    const { start, seeds } = problem;
    const proposal = (model: Proposal['model'], all: boolean, change: string): Proposal => ({
      model,
      samples: fullLength(problem),
      seeds: all ? seeds : screeningSeeds(problem),
      rates: [usualRate(problem)],
      origin: { strategy: 'model', change },
    });
    if (start && !tried.has(functionHash(start)) && !excess(problem.objective, costing(problem, history)(start)))
      return proposal(start, true, 'the start');
    const networks = gridNetworks(problem);
    const sample = designedSample(problem, networks);
    const designed = sample.find((network) => !tried.has(functionHash(network.model)));
    if (designed) return proposal(designed.model, false, `sample: ${designed.name}`);

    const best = bestOf(problem, history.records);
    const limit = best ? score(problem, best) : Number.POSITIVE_INFINITY;
    const asked = new Set(
      history.pending.filter((trial) => trial.seeds.length === seeds.length).map(({ model }) => modelHash(model)),
    );
    const confirmed = (least: number): Proposal | undefined => {
      const record = unconfirmed(problem, history.records, least).find(
        (one) => score(problem, one) < limit && !asked.has(modelHash(one.model)),
      );
      return record && proposal(record.model, true, 'reached the floor with one seed');
    };
    const needed = targetAccuracy(problem, history.records);
    const promising = confirmed(needed);
    if (promising) return promising;
    const predict = precisionOf(networks, history);
    const costs = countsLatency(problem.objective) ? costing(problem, history) : undefined;
    const cheaper = networks
      .filter((network) => !tried.has(functionHash(network.model)))
      .map((network) => ({ network, costs: costs ? costs(network.model) : network.costs }))
      .filter((one) => score(problem, one) < limit && !excess(problem.objective, one.costs))
      .sort((one, other) => score(problem, one) - score(problem, other))
      .map(({ network }) => ({ network, precision: predict(network.shares) }));
    const found = cheaper.find(({ precision }) => precision >= needed);
    if (found) return proposal(found.network.model, false, inWords(found));
    const last = confirmed(problem.floor);
    if (last || best) return last;
    // Nothing holds the floor yet, nor is predicted to: what comes nearest.
    const nearest = cheaper.reduce<Prediction | undefined>(
      (top, one) => (top && top.precision >= one.precision ? top : one),
      undefined,
    );
    return nearest && proposal(nearest.network.model, false, inWords(nearest));
  },
};

interface Prediction {
  readonly network: GridNetwork;
  readonly precision: number;
}

function inWords({ network, precision }: Prediction): string {
  return `predicted ${(100 * precision).toFixed(2)}%: ${network.name}`;
}

const hashes = new WeakMap<GridNetwork, string>();

function hashOf(network: GridNetwork): string {
  const known = hashes.get(network);
  if (known !== undefined) return known;
  const hash = modelHash(network.model);
  hashes.set(network, hash);
  return hash;
}

/**
 * A Latin hypercube by the problem's seed: as many strata of each parameter as there are networks, each stratum once, matched at
 * random; of the grid the nearest, each once.
 */
function designedSample({ seed }: Problem, networks: readonly GridNetwork[]): GridNetwork[] {
  const random = new Random(seed, 0);
  const count = Math.min(SAMPLE, networks.length);
  const strata = PARAMETERS.map((parameter) => {
    const values = [...new Set(networks.map(({ shares }) => shares[parameter]))].sort((a, b) => a - b);
    return random.permutation(count).map((stratum) => values[Math.floor(((stratum + 0.5) / count) * values.length)] ?? 1);
  });
  const left = new Set(networks);
  return Array.from({ length: count }, (_, index) => {
    let nearest: { readonly network: GridNetwork; readonly distance: number } | undefined;
    for (const network of left) {
      const gap = PARAMETERS.reduce(
        (sum, parameter, dimension) => sum + doublings(network.shares[parameter], strata[dimension]?.[index] ?? 1) ** 2,
        0,
      );
      if (!nearest || gap < nearest.distance) nearest = { network, distance: gap };
    }
    if (nearest) left.delete(nearest.network);
    return nearest?.network;
  }).filter((network) => network !== undefined);
}

/**
 * Equation 6 fitted to what was trained, and near a trained network as much off as it was there: ten coefficients for a whole networks
 * miss the last half percent that a floor is about.
 */
function precisionOf(networks: readonly GridNetwork[], { records }: History): (shares: Shares) => number {
  const byHash = new Map(networks.map((network) => [hashOf(network), network]));
  const full = Math.max(...records.map(({ samples }) => samples), 0);
  const observations = records.flatMap((record): Observation<Shares>[] => {
    const network = byHash.get(modelHash(record.model));
    const accuracy = meanAccuracy(record);
    return network && accuracy !== undefined && record.samples === full ? repeated(network.shares, accuracy, record) : [];
  });
  const surface = surfaceOf(observations);
  const residuals = observations.map(({ point, value }) => ({ point, value: value - surface(point) }));
  return (shares) => {
    let weights = 1;
    let sum = 0;
    for (const { point, value } of residuals) {
      const gap = PARAMETERS.reduce((total, parameter) => total + doublings(shares[parameter], point[parameter]) ** 2, 0);
      const weight = Math.exp(-gap / (2 * REACH ** 2));
      weights += weight;
      sum += weight * value;
    }
    return surface(shares) + sum / weights;
  };
}

/** A mean of more seeds counts more. */
function repeated(point: Shares, value: number, { seeds }: TrialRecord): Observation<Shares>[] {
  return seeds.map(() => ({ point, value }));
}

function surfaceOf(observations: readonly Observation<Shares>[]): (shares: Shares) => number {
  const mean = observations.reduce((sum, { value }) => sum + value, 0) / Math.max(1, observations.length);
  try {
    return fitFormula(precisionFormula(PARAMETERS), observations, { starts: 1, iterations: 20 }).at;
  } catch (error) {
    // Too few were trained, or all came to the same: nothing is known but their mean.
    if (error instanceof DataError) return () => mean;
    throw error;
  }
}

function doublings(a: number, b: number): number {
  return Math.log2(a / b);
}
