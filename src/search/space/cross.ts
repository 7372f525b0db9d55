import type { Random } from '../../core/random.ts';
import { modelHash } from '../../model/hash.ts';
import type { Model } from '../../model/types.ts';
import { fittingModel, shapeAfter } from './fitting.ts';
import { fitResiduals } from './residuals.ts';
import type { Space } from './space.ts';
import { isOfHead, keepsDepth } from './structure.ts';

const ATTEMPTS = 20;

/**
 * A network that begins as one and ends as another, each cut anywhere, of as many blocks as the space or one of them has. Both have
 * the same input shape and the same classes. Undefined where nothing was found that fits and is neither of them.
 */
export function crossModels(front: Model, back: Model, { depth }: Space, random: Random): Model | undefined {
  const parents = [modelHash(front), modelHash(back)];
  const output = shapeAfter(front.input, front.layers)?.join();
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const kept = front.layers.slice(0, 1 + random.below(front.layers.length));
    const taken = back.layers.slice(random.below(back.layers.length));
    // A head in the middle of a network would be a second one.
    if (kept.some(isOfHead)) continue;
    if (!keepsDepth([...kept, ...taken], [front.layers, back.layers], depth)) continue;
    const layers = fitResiduals(front.input, [...kept, ...taken]);
    if (shapeAfter(front.input, layers)?.join() !== output) continue;
    const crossed = fittingModel(front.input, layers);
    if (crossed && !parents.includes(modelHash(crossed))) return crossed;
  }
  return undefined;
}
