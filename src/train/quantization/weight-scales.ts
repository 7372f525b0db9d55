import { OptionError } from '../../core/errors.ts';
import { parameterAttributes, parameterNode } from '../../graph/sources.ts';
import type { Tensor } from '../../graph/tensor.ts';
import type { Network } from '../../model/network.ts';
import { layerList, resolve } from '../../model/resolve.ts';
import { fakeQuantize } from '../../ops/fake-quantize.ts';
import { largestInteger, type WeightBits } from '../../quantize/types.ts';
import { firstScales } from './first-scales.ts';

/** A filter, or the weights of a dense layer, in integers of few bits. */
export interface ScaledWeights {
  /** The floats that are trained. */
  readonly weights: Tensor;
  /** The natural logarithm of the scale of each output channel, a parameter as well. */
  readonly logScale: Tensor;
  /** Along which the output channels lie. */
  readonly axis: number;
  readonly levels: number;
  /** What the network computes with: scale times integer. */
  readonly quantized: Tensor;
}

/** The weights of a network that become integers. Throws an OptionError that names a layer whose weights can't. */
export function scaledWeights(network: Network, bits: WeightBits): ScaledWeights[] {
  const levels = largestInteger(bits);
  const found: ScaledWeights[] = [];
  for (const { layer, name: layerName, parameters } of layerList(resolve(network.model)))
    for (const { name } of parameters) {
      const weights = network.parameters.get(name);
      if (!weights || !/\/(filter|weights)$/.test(name)) continue;
      if (layer.type === 'conv2dTranspose' && layer.groups > 1)
        throw new OptionError(
          `trainer: quantization: ${layerName} is a transposed convolution in ${layer.groups} groups, whose output channels have no scales of their own; give it groups: 1`,
        );
      found.push(scaled(weights, layer.type === 'conv2dTranspose' ? 2 : weights.shape.length - 1, levels));
    }
  if (found.length === 0)
    throw new OptionError('trainer: quantization: the model has neither convolutions nor dense layers, whose weights it is of');
  return found;
}

function scaled(weights: Tensor, axis: number, levels: number): ScaledWeights {
  const { name, shape, initial, trainable } = parameterAttributes(weights);
  const logScale = parameterNode({
    name: `${name}/logScale`,
    shape: [shape[axis] ?? 1],
    initial: (replica) => logScales(initial(replica), { weights, axis, levels }),
    trainable,
    weightDecay: 0,
    decays: false,
  });
  return { weights, logScale, axis, levels, quantized: fakeQuantize({ weights, logScale }, { levels, axis }) };
}

/** The logarithms of the scales with which training begins at these weights. */
export function logScales(
  data: Float32Array,
  { weights, axis, levels }: Omit<ScaledWeights, 'logScale' | 'quantized'>,
): Float32Array {
  return Float32Array.from(firstScales(data, weights.shape, axis, levels), Math.log);
}
