import { OptionError, ShapeError } from '../core/errors.ts';
import { fuse } from '../graph/fuse.ts';
import { input, parameterAttributes, typedInput, unit } from '../graph/sources.ts';
import type { Tensor } from '../graph/tensor.ts';
import type { Network } from '../model/network.ts';
import { gradientsOf } from '../ops/gradients/index.ts';
import { lossRows } from '../ops/loss.ts';
import type { Update } from '../plan/layout.ts';
import { checkAugmentable } from './augmentation.ts';
import { containedIn, goalShape, lossOf } from './loss.ts';
import { ruleOf } from './optimizers/registry.ts';
import type { TrainerSettings } from './options.ts';
import { isPruned } from './pruning/options.ts';
import { type ActivationRange, withActivationRanges } from './quantization/activation-ranges.ts';
import { type ScaledWeights, scaledWeights } from './quantization/weight-scales.ts';

export interface TrainingGraph {
  readonly x: Tensor;
  readonly goal: Tensor;
  readonly rows: Tensor;
  readonly outputShape: readonly number[];
  readonly gradients: readonly { parameter: Tensor; gradient: Tensor }[];
  /** Parameters besides the network's, which nothing trains. */
  readonly constants: readonly Tensor[];
  /** The weights that are trained for few bits, the ranges of the values between layers, and all parameters that hold scales and ranges. */
  readonly scaled: readonly ScaledWeights[];
  readonly ranges: readonly ActivationRange[];
  readonly quantizers: readonly Tensor[];
}

export function trainingGraph(network: Network, settings: TrainerSettings): TrainingGraph {
  const { batch, loss, augment, quantization } = settings;
  if (augment) checkAugmentable(augment, network.model.input);
  const x = input('x', [batch, ...network.model.input]);
  const scaled = quantization ? scaledWeights(network, quantization.weights) : [];
  const scales = scaled.map(({ logScale }) => logScale);
  const quantized = new Map(scaled.map((one) => [one.weights, one.quantized]));
  const used = (parameter: Tensor) => quantized.get(parameter) ?? parameter;
  const { output, ranges } =
    quantization?.activations === 8
      ? withActivationRanges(network, x, used)
      : { output: network.apply(x, 'training', { used }), ranges: [] };
  const contained = containedIn(loss, output);
  if (contained)
    throw new OptionError(
      `trainer: the model ends with a ${contained.activation}, but ${loss} contains it; leave the last activation out (predictions then are logits)`,
    );
  const goal = typedInput('goal', goalShape('trainer: ', loss, output), 'f32');
  const { loss: unfused, constants } = lossOf(settings, output, goal);
  const [fused] = fuse([unfused], { gradients: true });
  if (!fused) throw new Error('A loss is one tensor');
  const trained = [...network.parameters.values(), ...scales].filter((parameter) => parameterAttributes(parameter).trainable);
  if (trained.length === 0)
    throw new ShapeError(
      network.parameters.size === 0
        ? 'trainer: the model has no parameters to train'
        : 'trainer: every layer of the model is frozen (trainable: false); leave one trainable, or use predictor()',
    );
  const found = gradientsOf(fused, unit([]), trained);
  const gradients = trained.flatMap((parameter, index) => {
    const gradient = found[index];
    return gradient ? [{ parameter, gradient }] : [];
  });
  const [rows, ...final] = fuse([lossRows(fused), ...gradients.map(({ gradient }) => gradient)]);
  if (!rows) throw new Error('A loss has rows');
  return {
    x,
    goal,
    rows,
    outputShape: output.shape.slice(1),
    constants,
    scaled,
    ranges,
    quantizers: [...scales, ...ranges.map(({ range }) => range)],
    gradients: gradients.map(({ parameter }, index) => ({ parameter, gradient: final[index] as Tensor })),
  };
}

/** What a training does with its gradients at the end of each step. */
export function updateOf(
  { optimizer, schedule, clipNorm, averaging, pruning, sharing }: TrainerSettings,
  gradients: readonly { parameter: Tensor; gradient: Tensor }[],
): Update {
  const keepsZeros = pruning && ((parameter: Tensor) => isPruned(pruning, parameterAttributes(parameter).name));
  const codesOf = sharing && ((parameter: Tensor) => sharing.get(parameterAttributes(parameter).name));
  return { gradients, optimizer: ruleOf(optimizer), schedule, clipNorm, averageDecay: averaging?.decay, keepsZeros, codesOf };
}
