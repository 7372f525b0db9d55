import { bestOf, confirmsLength, longestOf, score, unconfirmed } from './best.ts';
import { costsOf, excess } from './costs.ts';
import { Fitness } from './fitness.ts';
import { type Candidate, paretoFront } from './front.ts';
import type { Pace } from './pace.ts';
import { descentOf, nextCheck } from './strategies/pare/descent.ts';
import { fullLength, type Problem, type Proposal, type Strategy, screeningSeeds } from './strategy.ts';
import { atBestRate, candidateOf, meanAccuracy, type TrialRecord } from './trial.ts';

/** Of the networks of the front, at most so many are trained from all seeds at the end. */
const MOST = 8;

interface Point extends Candidate {
  readonly record: TrialRecord;
}

/** Trials of full length, from nothing, on the front of cost against mean validation accuracy; one a network, that from most seeds. */
export function fullFront(problem: Problem, records: readonly TrialRecord[]): TrialRecord[] {
  return frontFrom(fullLength(problem), problem, records);
}

function frontFrom(samples: number, problem: Problem, records: readonly TrialRecord[]): TrialRecord[] {
  const points = new Map<string, Point>();
  for (const record of records) {
    const accuracy = meanAccuracy(record);
    if (record.samples < samples || record.inherits || accuracy === undefined || excess(problem.objective, record.costs))
      continue;
    // A network is another one where it is trained for longer.
    const hash = `${candidateOf(record)} ${record.samples}`;
    const known = points.get(hash)?.record;
    if (!known || record.seeds.length > known.seeds.length) points.set(hash, { record, cost: score(problem, record), accuracy });
  }
  return paretoFront([...points.values()]).map(({ record }) => record);
}

/** What the end of a search knows of time. */
export interface EndTime {
  readonly msLeft: number;
  readonly pace: Pace;
}

/** What may be the answer is begun at last where it seems to take no more than so many times what is left: times are foretold too long at first. */
const DOUBT = 1.5;

/**
 * What ends a search: networks that were trained at full length from too few seeds to tell are trained from all. First those that may be
 * the answer, smaller than the best and with an accuracy at the floor, the smallest first; then the others of the front, so that every
 * network of it that is reported stands on as many seeds. Where that moves the front, its new networks follow. Where the budget was
 * too small for any training of full length, it is the front of the longest ones. `timeOf` tells of a budget of time: what can't end in it
 * is passed over, and where that leaves nothing, and no network holds the floor, the most promising one is trained at full length from one seed,
 * which takes less, and tells how long all seeds take.
 */
export function finishIn(timeOf?: (records: readonly TrialRecord[]) => EndTime | undefined): Strategy {
  return {
    name: 'finish',
    propose(problem, { records, pending }): Proposal | undefined {
      const all = [...records, ...pending];
      const searched = all.reduce((last, { origin }, index) => (origin.strategy === 'finish' ? last : index), -1);
      if (all.length - 1 - searched >= MOST) return undefined;
      const asked = longestOf(all.filter((trial) => confirmsLength(problem, trial)));
      const { answers, others } = openOf(problem, records);
      const best = bestOf(problem, records);
      const time = timeOf?.(records);
      const fits = (proposal: Proposal, doubt = 1) => {
        const costs = costsOf(proposal.model);
        const expected = time?.pace.expectedMs({ key: '', costs, ...proposal }) ?? 0;
        return expected <= doubt * (time?.msLeft ?? Number.POSITIVE_INFINITY);
      };
      const confirming = [...answers, ...others]
        .filter((one) => (asked.get(candidateOf(one)) ?? 0) < one.samples)
        .map((one) => proposalOf(problem, one, problem.seeds));
      const sure = confirming.find((proposal) => fits(proposal));
      if (sure) return sure;
      const known = longestOf(all);
      const once = others
        .filter((one) => !best && (known.get(candidateOf(one)) ?? 0) < fullLength(problem))
        .map((one) => proposalOf(problem, one, screeningSeeds(problem)))
        .find((proposal) => fits(proposal));
      const mayBeAnswer = ({ model }: Proposal) => !best || score(problem, { costs: costsOf(model) }) < score(problem, best);
      return once ?? confirming.find((proposal) => mayBeAnswer(proposal) && fits(proposal, DOUBT));
    },
  };
}

/** Where time does not matter. */
export const finish = finishIn();

function proposalOf(problem: Problem, record: TrialRecord, seeds: readonly number[]): Proposal {
  const { model, recipe, key, origin } = record;
  const { family } = origin;
  return {
    model,
    samples: Math.max(record.samples, fullLength(problem)),
    seeds,
    rates: [atBestRate(record)?.rate ?? Number.NaN],
    ...(recipe && { recipe }),
    origin: {
      strategy: 'finish',
      parent: key,
      change: seeds.length > 1 ? 'of the front, from all seeds' : 'of the front, at full length',
      ...(family !== undefined && { family }),
    },
  };
}

/** The network that the end of a search would confirm first, and what does so. */
export function nextAnswer(
  problem: Problem,
  records: readonly TrialRecord[],
): { readonly record: TrialRecord; readonly confirmation: Proposal; readonly once: Proposal } | undefined {
  const { answers, others } = openOf(problem, records);
  const record = answers[0] ?? others[0];
  return (
    record && {
      record,
      confirmation: proposalOf(problem, record, problem.seeds),
      once: proposalOf(problem, record, screeningSeeds(problem)),
    }
  );
}

/** What is to be trained from all seeds, in this order: what may be the answer, and what else is of the front. */
function openOf(problem: Problem, records: readonly TrialRecord[]) {
  const best = bestOf(problem, records);
  const held = best ? score(problem, best) : Number.POSITIVE_INFINITY;
  const fitness = new Fitness(problem, records);
  const byFitness = (a: TrialRecord, b: TrialRecord) => fitness.of(a) - fitness.of(b);
  const answers = unconfirmed(problem, records, problem.floor)
    .filter((record) => score(problem, record) < held)
    .sort(byFitness);
  // A descent that the budget broke off has not looked from nothing.
  const next = nextCheck(problem, descentOf(problem, records));
  const descended = next && score(problem, next) < held && (meanAccuracy(next) ?? 0) >= problem.floor ? [next] : [];
  const trained = records.filter(({ outcome, inherits }) => outcome.status === 'trained' && !inherits);
  const longest = Math.max(...trained.map(({ samples }) => samples));
  const others = frontFrom(Math.min(longest, fullLength(problem)), problem, records)
    .filter((record) => !answers.includes(record) && !confirmsLength(problem, record))
    .sort(byFitness);
  return { answers: [...answers, ...descended], others };
}

/** Of networks that may be the answer, time is kept for so many; more would hold back the search for better ones. */
const KEPT_FOR = 2;
/** Shares of a budget that are kept for its end, at the least and at the most. */
const LEAST_KEPT = 0.08;
const MOST_KEPT = 0.35;
/** The most where no network holds the floor yet, nor seems to: without a confirmation there is no answer at all. */
const MOST_KEPT_FOR_FIRST = 2 / 3;
/** Times are foretold a little wrong. */
const ROOM = 1.3;

/** Milliseconds of a budget of so many that the end of the search will need, with so many trials at once. */
export function msForFinish(
  problem: Problem,
  records: readonly TrialRecord[],
  pace: Pace,
  { ms, atOnce }: { readonly ms: number; readonly atOnce: number },
): number {
  const { answers, others } = openOf(problem, records);
  const best = bestOf(problem, records);
  // Without any answer in sight, the most promising network is to be confirmed all the same.
  const wanted = answers.length > 0 || best ? answers.slice(0, KEPT_FOR) : others.slice(0, 1);
  const times = wanted.map((record) => {
    return pace.expectedMs({ key: '', costs: record.costs, ...proposalOf(problem, record, problem.seeds) }) ?? 0;
  });
  const needed = Math.max(0, ...times, times.reduce((sum, time) => sum + time, 0) / atOnce);
  return Math.min((best ? MOST_KEPT : MOST_KEPT_FOR_FIRST) * ms, Math.max(LEAST_KEPT * ms, ROOM * needed));
}
