import { drawUntried } from '../space/draw.ts';
import { fullLength, type Proposal, type Strategy, usualRate } from '../strategy.ts';

/** Networks drawn from the space, each trained at full length from all seeds: the baseline to beat. */
export const random: Strategy = {
  name: 'random',
  propose(problem, history): Proposal | undefined {
    const model = drawUntried(problem, history);
    const origin = { strategy: 'random', change: 'drawn' };
    return model && { model, samples: fullLength(problem), seeds: problem.seeds, rates: [usualRate(problem)], origin };
  },
};
