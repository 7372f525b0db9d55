import type { Model } from '../../../model/types.ts';
import { bestOf, confirmsLength, score, unconfirmed } from '../../best.ts';
import { costing } from '../../costing.ts';
import { excess, scoreOf } from '../../costs.ts';
import {
  fullLength,
  functionOf,
  type History,
  type Problem,
  type Proposal,
  type Strategy,
  screeningSeeds,
} from '../../strategy.ts';
import { atBestRate, candidateOf, type TrialRecord } from '../../trial.ts';
import { type Descent, descentOf, doubtful, enough, isFar, isOfDescent, nextCheck, START } from './descent.ts';
import { type Move, movesFrom, SHARES } from './moves.ts';

/** A network is trained from nothing as soon as it is at most this share of the last that was. */
const CHECKED = 0.5;
/** Where one seed from nothing only just does not hold, it is asked from so many more. */
const MORE_SEEDS = 2;
/** The share of the full length that a network is trained on for, at the least, is one in so many. */
const LEAST = 16;
/** Where nothing more holds after a short training, so many of the moves are trained for longer, each time fewer. */
const RETRIED = [Number.POSITIVE_INFINITY, 6, 3];

/**
 * From a trained network down: takes away what costs least accuracy for what it saves, hands the weights down, trains shortly, and goes on
 * from there while the floor is held, by ever smaller steps where it is not. Since weights that were handed down may hold what their
 * network does not reach by itself, the descent is checked from nothing each time that it has halved the size; where that fails, and
 * at the end, the smallest network of the descent that holds from nothing is looked for, by halves, from more seeds where one leaves
 * it open, and confirmed from all.
 */
export const pare: Strategy = {
  name: 'pare',
  handsDown: () => true,
  needsStart: true,
  followsLast: true,
  asksImportance: true,
  propose(problem, history): Proposal | undefined {
    const descent = descentOf(problem, history.records);
    if (descent.chain.length === 0) return theStart(problem, history);
    const check = openCheck(problem, history, descent);
    if (check) return fromNothing(problem, check, screeningSeeds(problem), 'from nothing');
    const move = failed(problem, descent) < descent.chain.length ? undefined : smaller(problem, history, descent);
    if (move) return move;
    if (history.pending.length > 0) return undefined;
    const again = doubtful(problem, descent);
    if (again) return fromNothing(problem, again, moreSeeds(problem), 'from nothing, from more seeds');
    const next = nextCheck(problem, descent);
    return next ? fromNothing(problem, next, screeningSeeds(problem), 'from nothing') : confirm(problem, history.records);
  },
};

/** With the weights that came with it, else, and where these do not hold, trained from nothing. */
function theStart(problem: Problem, { records, pending }: History): Proposal | undefined {
  const { start, startWeights, rates } = problem;
  if (!start) return undefined;
  const begun = [...records, ...pending].filter(({ origin }) => origin.strategy === 'pare');
  const made = { model: start, seeds: screeningSeeds(problem), rates, origin: { strategy: 'pare', change: START } };
  if (startWeights !== undefined && begun.length === 0)
    return { ...made, samples: lengthsOf(problem)[0] ?? fullLength(problem), inherits: { key: startWeights, replica: 0 } };
  if (begun.some(({ inherits }) => !inherits) || pending.length > 0) return undefined;
  return { ...made, samples: fullLength(problem) };
}

/** The network at the end of the chain, where it is so much smaller than the last that was trained from nothing. */
function openCheck(problem: Problem, { pending }: History, { chain, checks }: Descent): TrialRecord | undefined {
  const [first, last] = [chain[0], chain.at(-1)];
  if (!first || !last) return undefined;
  const isChecked = (record: TrialRecord) =>
    checks.has(candidateOf(record)) || pending.some((trial) => !trial.inherits && candidateOf(trial) === candidateOf(record));
  const latest = [...chain].reverse().find(isChecked) ?? first;
  return score(problem, last) <= CHECKED * score(problem, latest) && !isChecked(last) ? last : undefined;
}

/** Index of the first network of the chain that is far from holding from nothing; its length where none is known. */
function failed(problem: Problem, { chain, checks }: Descent): number {
  const index = chain.findIndex((record) => {
    const check = checks.get(candidateOf(record));
    return check && isFar(problem, check);
  });
  return index < 0 ? chain.length : index;
}

/** A network that has less than the last of the chain. */
function smaller(problem: Problem, history: History, { chain }: Descent): Proposal | undefined {
  const [before, current] = [chain.at(-2), chain.at(-1)];
  const best = current && atBestRate(current);
  if (!current || !best) return undefined;
  const { records, pending } = history;
  const tried = new Map<string, number>();
  for (const trial of [...records, ...pending])
    if (trial.inherits) tried.set(functionOf(trial), Math.max(trial.samples, tried.get(functionOf(trial)) ?? 0));
  const costs = costing(problem, history);
  const share = before ? 1 - score(problem, current) / score(problem, before) : 1;
  const reached = SHARES.findIndex((one) => one <= share);
  // Two in a row that held: more may be taken away at once again.
  const [from, to] = [before, current].map((record) => records.findIndex(({ key }) => key === record?.key));
  const failures = records.slice((from ?? 0) + 1, to).filter((record) => record.inherits && isOfDescent(record));
  const first = Math.max(0, failures.length === 0 ? reached - 1 : reached);
  const { outcome } = current;
  const sensitivity = outcome.status === 'trained' ? outcome.importance : undefined;
  const found = movesFrom(current.model, sensitivity, (m) => scoreOf(problem.objective, costs(m)), first);
  // A start above a limit is brought below it.
  const isAllowed = (network: Model) => excess(problem.objective, costs(network)) === undefined;
  const moves = seldomFailedFirst(found, records, chain).filter(({ model }) => !isAllowed(current.model) || isAllowed(model));
  const [replica = 0] = best.replicas;
  const rates = before ? [best.rate] : problem.rates;
  for (const [rung, samples] of lengthsOf(problem).entries()) {
    // Longer ones wait for what the shorter ones come to.
    if (rung > 0 && pending.some(({ inherits }) => inherits)) return undefined;
    const open = moves.slice(0, RETRIED[rung] ?? 0).find((move) => (tried.get(functionOf(move)) ?? 0) < samples);
    if (!open) continue;
    return {
      model: open.model,
      samples,
      seeds: screeningSeeds(problem),
      rates,
      inherits: { key: current.key, replica },
      origin: { strategy: 'pare', parent: current.key, change: open.change },
    };
  }
  return undefined;
}

/** The smallest that seems to hold from nothing, from all seeds, until one does. */
function confirm(problem: Problem, records: readonly TrialRecord[]): Proposal | undefined {
  const best = bestOf(problem, records);
  const asked = records.some((record) => confirmsLength(problem, record));
  const next = unconfirmed(problem, records, asked ? problem.floor : enough(problem)).find(
    (record) => !best || score(problem, record) < score(problem, best),
  );
  if (!next) return undefined;
  return fromNothing(problem, next, problem.seeds, 'confirmed from all seeds');
}

/** Of small moves, those that did not hold before, of whatever network, come last: they seldom do later. */
function seldomFailedFirst(moves: readonly Move[], records: readonly TrialRecord[], chain: readonly TrialRecord[]): Move[] {
  const failures = new Map<string, number>();
  for (const record of records)
    if (record.inherits && !chain.includes(record))
      failures.set(kindOf(record.origin), 1 + (failures.get(kindOf(record.origin)) ?? 0));
  const often = (move: Move) => failures.get(kindOf(move)) ?? 0;
  const small = moves.filter(({ isSmall }) => isSmall).sort((a, b) => often(a) - often(b));
  return [...moves.filter(({ isSmall }) => !isSmall), ...small];
}

/** A change whatever the width. */
function kindOf({ change }: { readonly change: string }): string {
  return change.replace(/ \d+ -> \d+$/, '');
}

/** Others than those that a network was screened by, and that confirm it. */
function moreSeeds(problem: Problem): readonly number[] {
  const last = Math.max(...screeningSeeds(problem));
  return Array.from({ length: MORE_SEEDS }, (_, index) => last + 1 + index);
}

/** How long networks are trained on: long enough to make up for what was taken away. */
function lengthsOf(problem: Problem): readonly number[] {
  return problem.rungs.filter((samples) => samples * LEAST >= fullLength(problem));
}

function fromNothing(problem: Problem, record: TrialRecord, seeds: readonly number[], change: string): Proposal {
  const { model, key, recipe } = record;
  const rates = [...problem.rates];
  const origin = { strategy: 'pare', parent: key, change };
  const known = record.inherits ? rates : [atBestRate(record)?.rate ?? Number.NaN];
  return { model, samples: fullLength(problem), seeds, rates: known, ...(recipe && { recipe }), origin };
}
