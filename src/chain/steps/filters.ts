import { pruneFilters } from '../../compress/prune-filters.ts';
import type { StepOf } from '../chain.ts';
import { fineTuned, ofEach } from '../fine-tune.ts';
import type { StepDefinition } from './definition.ts';

const SHARES = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8];

/** Filters and units of the least magnitude are taken out, with all that makes and reads them: the network is a smaller one. */
export const filters: StepDefinition<StepOf<'filters'>> = {
  ladder: () => SHARES.map((share) => ({ type: 'filters', share })),
  words: ({ share }) => `${Math.round(100 * share)}% of filters out`,
  async take({ share }, copies, context) {
    // The first of all steps: the copies are still one.
    const [first] = copies.weights;
    if (!first) return copies;
    const { model, weights } = pruneFilters(copies.model, first, { share });
    const own = { ...copies, model, weights: copies.weights.map(() => weights) };
    const trained = await fineTuned(own, context, {}, (training) =>
      ofEach(own.weights, (_, replica) => training.weights(replica)),
    );
    return { ...own, weights: trained };
  },
};
