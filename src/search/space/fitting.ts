import { OptionError, ShapeError } from '../../core/errors.ts';
import { model } from '../../model/model.ts';
import { resolve } from '../../model/resolve.ts';
import type { InputShape, Layer, Model } from '../../model/types.ts';

/** The output shape of complete layers, as their makers give them, on an input; undefined where they don't fit it. */
export function shapeAfter(input: InputShape, layers: readonly Layer[]): readonly number[] | undefined {
  return ifFitting(() => resolve({ format: 1, input, layers }).at(-1)?.outputShape ?? input);
}

/** The network of these layers; undefined where they don't fit each other. */
export function fittingModel(input: InputShape, layers: readonly Layer[]): Model | undefined {
  return ifFitting(() => model(input, layers));
}

/** Layers that were changed may not fit in shape, or lack what another was joined to or shared with. */
function ifFitting<T>(make: () => T): T | undefined {
  try {
    return make();
  } catch (error) {
    if (error instanceof ShapeError || error instanceof OptionError) return undefined;
    throw error;
  }
}
