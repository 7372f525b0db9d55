import type { Random } from '../../core/random.ts';
import type { Model } from '../../model/types.ts';
import { score } from '../best.ts';
import { costing } from '../costing.ts';
import { excess } from '../costs.ts';
import { begun, type History, type Problem, randomAfter } from '../strategy.ts';
import { functionHash } from './function-hash.ts';
import { drawPattern } from './patterns.ts';
import { sampleModel } from './sample.ts';
import { simplest } from './simplest.ts';

/** Networks that are drawn before others are waited for, and before a space counts as exhausted. */
const ATTEMPTS = { whilePending: 1000, atLast: 20_000 };

/**
 * A network of the space that keeps to the limits, costs less than `below` and was not tried; undefined where none was drawn in a thousand
 * and trials are pending, which may tell more, or in twenty thousand: then the space holds none, or hardly any.
 */
export function drawUntried(problem: Problem, history: History, below = Number.POSITIVE_INFINITY): Model | undefined {
  const { space, input, classes } = problem;
  const attempts = history.pending.length > 0 ? ATTEMPTS.whilePending : ATTEMPTS.atLast;
  return untried(problem, history, { below, attempts, draw: (random) => sampleModel(space, input, classes, random) });
}

/** The same, of the patterns of the space that are known to hold much in few parameters; undefined where a thousand of them show none. */
export function drawUntriedPattern(problem: Problem, history: History): Model | undefined {
  if ((problem.space.patterns ?? []).length === 0) return undefined;
  const draw = (random: Random) => drawPattern(problem.space, problem, random);
  return untried(problem, history, { below: Number.POSITIVE_INFINITY, attempts: ATTEMPTS.whilePending, draw });
}

interface Drawing {
  readonly below: number;
  readonly attempts: number;
  readonly draw: (random: Random) => Model | undefined;
}

function untried(problem: Problem, history: History, { below, attempts, draw }: Drawing): Model | undefined {
  const { objective } = problem;
  const random = randomAfter(problem, history);
  const tried = begun(history);
  const costs = costing(problem, history);
  const seen = new Set<string>();
  for (let attempt = 0; attempt < attempts; attempt++) {
    const made = draw(random);
    if (!made) continue;
    const model = simplest(made);
    const drawn = functionHash(model);
    if (tried.has(drawn) || seen.has(drawn)) continue;
    const known = { costs: costs(model) };
    if (!excess(objective, known.costs) && score(problem, known) < below) return model;
    seen.add(drawn);
  }
  return undefined;
}
