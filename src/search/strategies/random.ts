import { drawUntried } from '../draw.ts';
import { fullLength, type Proposal, type Strategy } from '../strategy.ts';

/** Networks drawn from the space, each trained at full length from all seeds: the yardstick. */
export const random: Strategy = {
  name: 'random',
  propose(problem, records): Proposal | undefined {
    const model = drawUntried(problem, records);
    const origin = { strategy: 'random', change: 'drawn' };
    return model && { model, samples: fullLength(problem), seeds: problem.seeds, origin };
  },
};
