// Networks in few bits, with their arguments checked.
import { checkedAsync, optional, RECORD } from '../core/arguments.ts';
import type { Gpu } from '../gpu/gpu.ts';
import { GPU } from '../gpu/kind.ts';
import { MODEL, WEIGHTS } from '../model/kind.ts';
import type { Model } from '../model/types.ts';
import type { Weights } from '../model/weights.ts';
import { type QuantizeOptions, quantize as quantizeModel } from '../quantize/quantize.ts';
import type { QuantizedModel } from '../quantize/types.ts';

/**
 * A trained network in integers: its weights in `weights` [8] bits with a scale for each output channel, the values between its layers in
 * `activations` [8] bits, whose ranges are found by running `calibration` (1,024 of its samples, evenly spread), some of the data that the
 * network was trained on; with `activations: 'float'` none is needed. `input`: what the model takes [as the calibration data tell]. Batch
 * normalisation is folded as exports fold it. Throws a ShapeError where weights or data do not fit the model, and an OptionError that
 * names the layer for what has no form in integers: layer normalisation, transposed convolutions, PReLU, softmax.
 */
export const quantize: (gpu: Gpu, model: Model, weights: Weights, options?: QuantizeOptions) => Promise<QuantizedModel> =
  /* @__PURE__ */ checkedAsync(
    'quantize(gpu, model, await trainer.weights(), { calibration: train })',
    () => ({ gpu: GPU, model: MODEL, weights: WEIGHTS, options: optional(RECORD) }),
    quantizeModel,
  );
