import { OptionError } from '../core/errors.ts';
import { elements, type Value } from '../core/value.ts';
import type { InputDescription } from '../data/input-description.ts';
import type { Deployed } from '../deploy/deployed.ts';
import { exportGraph } from '../deploy/graph.ts';
import type { Constant, ExportOperation, ExportTensor } from '../deploy/operations.ts';
import { clamp, roundHalfEven } from './rounding.ts';
import { type ActivationScale, type Bits, largestInteger, type QuantizedModel, type QuantizedTensor } from './types.ts';

export interface QuantizedBy {
  readonly bits: Bits;
  /** Of each filter and weights of a dense layer, by name: a scale for each output channel. */
  readonly scales: ReadonlyMap<string, Float32Array>;
  /** As QuantizedModel has them; empty where activations are floats. */
  readonly activations: ReadonlyMap<string, ActivationScale>;
  readonly input?: InputDescription;
}

/** Below it a bias leaves room for the sum that is added to it. */
const LARGEST_BIAS = 2 ** 30;

/**
 * A model in integers: each weight is the one nearest to weight / scale in float32, halves to the even, within its bits. Where the bias of a
 * channel would not fit beside its sum (its weights are next to nothing), the channel's scale is raised until it does.
 */
export function toIntegers({ model, weights }: Deployed, { bits, scales, activations, input }: QuantizedBy): QuantizedModel {
  const tensors = new Map<string, QuantizedTensor | Value>(weights);
  const most = largestInteger(bits.weights);
  for (const operation of exportGraph(model, weights).operations) {
    const linear = linearOf(operation);
    if (!linear) continue;
    const { weights: filter, bias, axis } = linear;
    const own = checkedScales(filter, axis, scales.get(filter.name));
    if (bits.activations === 'float' || !bias) {
      tensors.set(filter.name, rounded(filter, axis, own, most));
      continue;
    }
    const { scale } = scaleOf(activations, linear.x);
    const raised = own.map((value, k) => Math.max(value, largestOf(bias, k, own.length) / (scale * LARGEST_BIAS)));
    tensors.set(filter.name, rounded(filter, axis, raised, most));
    tensors.set(bias.name, roundedBias(bias, raised, scale));
  }
  return { model, weights: tensors, bits, activations, ...(input && { input }) };
}

/** What multiplies by weights; `axis`: of these, along which the output channels lie. */
export interface Linear {
  readonly x: ExportTensor;
  readonly weights: Constant;
  readonly bias: Constant | undefined;
  readonly axis: number;
}

export function linearOf(operation: ExportOperation): Linear | undefined {
  const [x] = operation.inputs;
  if (!x) return undefined;
  switch (operation.type) {
    case 'dense':
      return { x, weights: operation.weights, bias: operation.bias, axis: 1 };
    case 'conv2d':
      return { x, weights: operation.filter, bias: operation.bias, axis: 3 };
    case 'conv2dTranspose':
      return { x, weights: operation.filter, bias: operation.bias, axis: 2 };
    default:
      return undefined;
  }
}

function checkedScales({ name, shape }: Constant, axis: number, scales: Float32Array | undefined): Float32Array {
  if (scales && scales.length === shape[axis] && scales.every((scale) => scale > 0 && Number.isFinite(scale))) return scales;
  const found = scales ? `${scales.length}: ${scales.slice(0, 4)}` : 'none';
  throw new OptionError(`'${name}' needs ${shape[axis]} scales above 0, one for each output channel, got ${found}`);
}

/** The largest magnitude of a channel's bias: of several, where groups share the channel's scale. */
function largestOf({ data }: Constant, channel: number, channels: number): number {
  return data.reduce((most, value, at) => (at % channels === channel ? Math.max(most, Math.abs(value)) : most), 0);
}

function roundedBias({ shape, data }: Constant, scales: Float32Array, scale: number): QuantizedTensor {
  const own = Float64Array.from(data, (_, k) => (scales[k % scales.length] ?? 1) * scale);
  const integers = Int32Array.from(data, (value, k) => roundHalfEven(value / (own[k] ?? 1)));
  return { shape, integers, axis: 0, scales: Float32Array.from(own) };
}

export function scaleOf(activations: ReadonlyMap<string, ActivationScale>, { name }: ExportTensor): ActivationScale {
  const found = activations.get(name);
  if (!found) throw new OptionError(`The value '${name}' of a network in integers has no scale`);
  return found;
}

function rounded({ shape, data }: Constant, axis: number, scales: Float32Array, most: number): QuantizedTensor {
  const inner = elements(shape.slice(axis + 1));
  const integers = Int8Array.from(data, (value, at) => {
    const scale = scales[Math.floor(at / inner) % scales.length] ?? 1;
    return clamp(roundHalfEven(Math.fround(value / scale)), -most, most);
  });
  return { shape, integers, axis, scales };
}
