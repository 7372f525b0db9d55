import { OptionError } from '../core/errors.ts';
import { deployed } from '../deploy/deployed.ts';
import { modelHash } from '../model/hash.ts';
import type { Model } from '../model/types.ts';
import type { Weights } from '../model/weights.ts';
import { isQuantized } from '../quantize/kind.ts';
import type { QuantizedModel } from '../quantize/types.ts';

/** An option of encoders: the quantised model that leaves, of the same model, in place of its weights. */
export interface Quantization {
  readonly quantization?: QuantizedModel;
}

/** The float form of an encoder, which with the option `quantization` is its form for quantised models. */
export function orItsQuantization<O extends object, Q extends object, R>(
  name: string,
  quantized: (quantized: QuantizedModel, options?: Q) => R,
  float: (model: Model, weights: Weights, options?: O) => R,
): (model: Model, weights: Weights, options?: (O | Q) & Quantization) => R {
  return (model, weights, options) => {
    const { quantization, ...rest } = options ?? {};
    if (quantization === undefined) return float(model, weights, rest as O);
    if (!isQuantized(quantization))
      throw new OptionError(`${name}: quantization must be a QuantizedModel, which quantize(gpu, model, weights) gives`);
    if (modelHash(deployed(model, weights).model) !== modelHash(quantization.model))
      throw new OptionError(`${name}: quantization is of another model; give the model that it was made of`);
    return quantized(quantization, rest as Q);
  };
}
