import type { Model } from '../model/types.ts';

/** The loss of labels where a person names none: of capsules' lengths that which is made for them. */
export function usualLoss(model: Model): 'softmaxCrossEntropy' | 'margin' {
  return endsWithLengths(model) ? 'margin' : 'softmaxCrossEntropy';
}

/** Whether a model's outputs are lengths of capsules, each how sure it is of a class. */
export function endsWithLengths({ layers }: Model): boolean {
  return layers.at(-1)?.type === 'capsuleLength';
}
