import { share as shareWeights } from '../../compress/share.ts';
import type { StepOf } from '../chain.ts';
import { fineTuned, ofEach } from '../fine-tune.ts';
import type { StepDefinition } from './definition.ts';

const BITS = [6, 5, 4, 3, 2, 1];

/** The weights of each filter and matrix become the numbers of a code book, found by k-means and then trained. */
export const share: StepDefinition<StepOf<'share'>> = {
  ladder: (format) => (format === 'compressed' ? BITS.map((bits) => ({ type: 'share', bits })) : []),
  replaces: 'quantize',
  words: ({ bits }) => `${2 ** bits} shared numbers a layer`,
  async take({ bits }, copies, context) {
    // A trainer has one set of indices of code books: copies that differ are trained one after the other.
    const [first] = copies.weights;
    const isOne = copies.weights.every((own) => own === first);
    const groups = copies.weights.map((own, copy) => ({ own, seeds: context.seeds.slice(copy, copy + 1) }));
    const trained = await ofEach(isOne && first ? [{ own: first, seeds: context.seeds }] : groups, ({ own, seeds }) => {
      const { weights, sharing } = shareWeights(own, { bits });
      return fineTuned({ ...copies, weights: seeds.map(() => weights) }, { ...context, seeds }, { sharing }, (training) =>
        ofEach(seeds, (_, replica) => training.weights(replica)),
      );
    });
    return { ...copies, weights: trained.flat() };
  },
};
