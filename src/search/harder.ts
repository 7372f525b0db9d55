import { layerList, resolve } from '../model/resolve.ts';
import type { Model } from '../model/types.ts';
import type { TrainingSetup } from './recipe.ts';

/**
 * Whether a training's own error lies above the one that its network is judged by in the end: its samples are augmented, its weights
 * averaged, or outputs dropped.
 */
export function trainsHarder(model: Model, { augment, averaging }: Pick<TrainingSetup, 'augment' | 'averaging'>): boolean {
  if (augment !== undefined || averaging !== undefined) return true;
  return layerList(resolve(model)).some(({ layer }) => layer.type === 'dropout' && layer.rate > 0);
}
