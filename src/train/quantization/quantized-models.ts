import { DivergedError, OptionError } from '../../core/errors.ts';
import { elements, type Value } from '../../core/value.ts';
import type { InputDescription } from '../../data/input-description.ts';
import { deployed } from '../../deploy/deployed.ts';
import { exportGraph } from '../../deploy/graph.ts';
import { parameterAttributes } from '../../graph/sources.ts';
import type { Tensor } from '../../graph/tensor.ts';
import type { Model } from '../../model/types.ts';
import type { Weights } from '../../model/weights.ts';
import type { Range } from '../../quantize/calibrate.ts';
import { checkHasIntegers } from '../../quantize/lower.ts';
import { activationScales } from '../../quantize/quantize.ts';
import { toIntegers } from '../../quantize/to-integers.ts';
import type { Bits, QuantizedModel } from '../../quantize/types.ts';
import type { TrainerParts } from '../parts.ts';
import { type ActivationRange, zerosOf } from './activation-ranges.ts';
import type { ScaledWeights } from './weight-scales.ts';

/**
 * What leaves a training for few bits, of each of the replicas, after `step` steps: the integers of its weights, or of their averages
 * where it keeps some. Throws a DivergedError where one is no longer finite.
 */
export async function quantizedModels(
  { network, parameters, variables, graph, settings }: TrainerParts,
  replicas: readonly number[],
  { step, input }: { readonly step: number; readonly input: InputDescription },
): Promise<QuantizedModel[]> {
  const { quantization: bits } = settings;
  if (!bits) throw new Error('This trainer trains floats');
  const requests = replicas.flatMap((replica) =>
    variables.map((parameter) => ({ parameter, slot: parameters.usedSlot(parameter), replica })),
  );
  const read = await parameters.read(requests);
  return replicas.map((replica, index) => {
    const own = new Map(variables.map((tensor, i) => [tensor, read[index * variables.length + i] as Float32Array]));
    for (const data of own.values()) if (!data.every(Number.isFinite)) throw new DivergedError(step, replica, 'weights');
    const readOf = (tensor: Tensor): Value => ({ shape: tensor.shape, data: own.get(tensor) as Float32Array });
    const weights: Weights = new Map([...network.parameters].map(([name, tensor]) => [name, readOf(tensor)]));
    const scales = deployedScales(network.model, weights, graph.scaled, readOf);
    const leaving = deployed(network.model, weights);
    const found = graph.ranges.flatMap((one) => rangesOf(one, readOf(one.range).data));
    const activations =
      bits.activations === 'float'
        ? new Map()
        : activationScales(exportGraph(leaving.model, leaving.weights), new Map(found), scales);
    return toIntegers(leaving, { bits, scales, activations, input });
  });
}

function rangesOf({ names }: ActivationRange, [least = 0, most = 0]: Float32Array): [string, Range][] {
  if (least > most)
    throw new OptionError(
      'quantized: the ranges of the values between layers, which training with activations of 8 bits finds, are unknown before its first step; fit first',
    );
  return names.map((name) => [name, { least, most }]);
}

/** Throws an OptionError that names a layer which has no form among integers of few bits. */
export function checkLeaves(m: Model, { activations }: Bits): void {
  const leaving = deployed(m, zerosOf(m));
  if (activations === 8) checkHasIntegers(exportGraph(leaving.model, leaving.weights).operations);
}

/**
 * The scales of the weights as they leave. A normalisation multiplies each output channel by a factor, which its scale takes in as it is:
 * the integers of the folded weights are those that were trained, or where the factor is negative their opposites.
 */
function deployedScales(
  model: Model,
  weights: Weights,
  scaled: readonly ScaledWeights[],
  readOf: (tensor: Tensor) => Value,
): Map<string, Float32Array> {
  const nameOf = ({ weights: tensor }: ScaledWeights) => parameterAttributes(tensor).name;
  const ones = scaled.map((one): [string, Value] => {
    const { shape, data } = readOf(one.weights);
    return [nameOf(one), { shape, data: new Float32Array(data.length).fill(1) }];
  });
  const factors = deployed(model, new Map([...weights, ...ones])).weights;
  return new Map(
    scaled.map((one) => {
      const { shape } = one.weights;
      const inner = elements(shape.slice(one.axis + 1));
      const factor = factors.get(nameOf(one))?.data ?? [];
      const scale = (log: number, channel: number) => Math.exp(log) * (Math.abs(factor[channel * inner] ?? 1) || 1);
      return [nameOf(one), Float32Array.from(readOf(one.logScale).data, scale)];
    }),
  );
}
