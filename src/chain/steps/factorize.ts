import { factorize as factorizeModel } from '../../compress/factorize.ts';
import type { StepOf } from '../chain.ts';
import { fineTuned, ofEach } from '../fine-tune.ts';
import type { StepDefinition } from './definition.ts';

const ENERGIES = [0.99, 0.97, 0.94, 0.9, 0.85, 0.8, 0.7, 0.6];

/** Layers become two each, of the least rank that keeps a share of the squares of their singular values, where these have fewer weights. */
export const factorize: StepDefinition<StepOf<'factorize'>> = {
  ladder: () => ENERGIES.map((energy) => ({ type: 'factorize', energy })),
  words: ({ energy }) => `low rank (${Math.round(100 * energy)}% energy)`,
  async take({ energy }, copies, context) {
    // Copies that were trained already differ, but become one network: ranks and forms are those of the first.
    const [first] = copies.weights;
    if (!first) return copies;
    const { model, factorized } = factorizeModel(copies.model, first, { energy });
    const rank = Object.fromEntries(factorized.map((one) => [one.layer, one.rank]));
    const form = Object.fromEntries(factorized.flatMap((one) => (one.form === 'dense' ? [] : [[one.layer, one.form]])));
    const weights = copies.weights.map((own) => factorizeModel(copies.model, own, { rank, form }).weights);
    const own = { ...copies, model, weights };
    const trained = await fineTuned(own, context, {}, (training) =>
      ofEach(own.weights, (_, replica) => training.weights(replica)),
    );
    return { ...own, weights: trained };
  },
};
