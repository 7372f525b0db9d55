import type { StepOf } from '../chain.ts';
import { fineTuned, ofEach, stepsOf } from '../fine-tune.ts';
import type { StepDefinition } from './definition.ts';

const SHARES = [0.3, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.93, 0.95, 0.97];
/** The share of the training over which weights are pruned; the rest is for what is left. */
const PRUNING = 0.6;
/** Prunings at the most. */
const TIMES = 20;

/** Weights of the least magnitude of all the network are made 0 along the training, and stay so; a coded file tells them in next to nothing. */
export const prune: StepDefinition<StepOf<'prune'>> = {
  ladder: (format) => (format === 'compressed' ? SHARES.map((sparsity) => ({ type: 'prune', sparsity })) : []),
  words: ({ sparsity }) => `${Math.round(100 * sparsity)}% pruned`,
  async take({ sparsity }, copies, context) {
    const steps = Math.floor(PRUNING * stepsOf(context));
    const every = Math.max(1, Math.ceil(steps / TIMES));
    const pruning = { sparsity, scope: 'network' as const, steps, every };
    const weights = await fineTuned(copies, context, { pruning }, (training) =>
      ofEach(copies.weights, (_, replica) => training.weights(replica)),
    );
    return { model: copies.model, weights, pruned: true };
  },
};
