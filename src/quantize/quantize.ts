import { checkArguments, refuseUnknown } from '../core/arguments.ts';
import { OptionError } from '../core/errors.ts';
import { shown } from '../core/shown.ts';
import type { Dataset } from '../data/dataset.ts';
import { checkedInput, describedBy, type InputDescription } from '../data/input-description.ts';
import { DATASET } from '../data/kind.ts';
import { deployed } from '../deploy/deployed.ts';
import { exportGraph } from '../deploy/graph.ts';
import type { ExportGraph, ExportOperation, ExportTensor } from '../deploy/operations.ts';
import type { Gpu } from '../gpu/gpu.ts';
import type { Model } from '../model/types.ts';
import type { Weights } from '../model/weights.ts';
import { calibrate, type Range } from './calibrate.ts';
import { type ActivationGroup, activationGroups, clampedOutputs } from './groups.ts';
import { ACTIVATION_BITS, WEIGHT_BITS } from './kind.ts';
import { checkHasIntegers, integerGraph } from './lower.ts';
import { clamp, roundHalfAway } from './rounding.ts';
import { linearOf, toIntegers } from './to-integers.ts';
import type { ActivationBits, ActivationScale, QuantizedModel, WeightBits } from './types.ts';
import { weightScales } from './weight-scales.ts';

export interface QuantizeOptions {
  /** Of each weight, with a scale for each output channel [8]. */
  readonly weights?: WeightBits;
  /** Of the values between layers [8]. */
  readonly activations?: ActivationBits;
  /** What the ranges of these values are found by: some of the data that the model was trained on. Not needed where they are floats. */
  readonly calibration?: Dataset;
  /** What the model takes and what its classes are called [as the calibration data tell]. */
  readonly input?: InputDescription;
}

/** See src/public/quantizing.ts. */
export async function quantize(gpu: Gpu, m: Model, weights: Weights, options: QuantizeOptions = {}): Promise<QuantizedModel> {
  const { weights: weightBits = 8, activations = 8, calibration, input, ...rest } = options;
  refuseUnknown('quantize', rest, ['weights', 'activations', 'calibration', 'input']);
  if (!WEIGHT_BITS.includes(weightBits))
    throw new OptionError(`quantize: weights must be ${WEIGHT_BITS.join(', ')} bits, got ${shown(weightBits)}`);
  if (!ACTIVATION_BITS.includes(activations))
    throw new OptionError(`quantize: activations must be 8 bits or 'float', got ${shown(activations)}`);
  if (calibration !== undefined) checkArguments('quantize({ calibration: train })', { calibration: DATASET }, [calibration]);
  const described = input === undefined ? undefined : checkedInput('quantize: input', input);
  const given = described ?? (calibration && describedBy(calibration, calibration.x));
  gpu.check();
  const leaving = deployed(m, weights);
  const graph = exportGraph(leaving.model, leaving.weights);
  if (activations === 8) checkHasIntegers(graph.operations);
  const scales = scalesOf(graph.operations, weightBits);
  const by = { bits: { weights: weightBits, activations }, scales, ...(given && { input: given }) };
  if (activations === 'float') return toIntegers(leaving, { ...by, activations: new Map() });
  if (!calibration)
    throw new OptionError(
      "quantize: calibration is missing, the data by which the ranges of activations are found; give { calibration: train }, or activations: 'float'",
    );
  const ranges = await calibrate(gpu, leaving, calibration);
  const quantized = toIntegers(leaving, { ...by, activations: activationScales(graph, ranges, scales) });
  // What has no form in integers is told now, not when it leaves.
  integerGraph(quantized);
  return quantized;
}

function scalesOf(operations: readonly ExportOperation[], bits: WeightBits): ReadonlyMap<string, Float32Array> {
  const scales = new Map<string, Float32Array>();
  for (const operation of operations) {
    const linear = linearOf(operation);
    if (linear && !scales.has(linear.weights.name))
      scales.set(linear.weights.name, weightScales(linear.weights, linear.axis, bits));
  }
  return scales;
}

/** The scale and zero point of every value that has one, by the ranges of those that share them. */
export function activationScales(
  graph: ExportGraph,
  ranges: ReadonlyMap<string, Range>,
  weightScalesByName: ReadonlyMap<string, Float32Array>,
): ReadonlyMap<string, ActivationScale> {
  const groups = activationGroups(graph);
  const groupOf = new Map(groups.flatMap((group) => group.tensors.map((tensor) => [tensor, group] as const)));
  const scales = new Map(groups.map((group) => [group, ownScale(group, ranges)] as const));
  const scaleOf = (tensor: ExportTensor) => scales.get(groupOf.get(tensor) ?? NO_GROUP)?.scale ?? 0;
  const clamps = clampedOutputs(graph);
  for (const operation of graph.operations) {
    const group = groupOf.get(clamps.get(operation.output)?.output ?? operation.output);
    const own = group && scales.get(group);
    if (!group || !own || group.fixed) continue;
    const finest = finestScale(operation, operation.inputs.map(scaleOf), weightScalesByName);
    if (own.scale < finest) scales.set(group, { ...own, scale: Math.fround(finest) });
  }
  return new Map([...scales].flatMap(([{ tensors }, scale]) => tensors.map(({ name }) => [name, scale] as const)));
}

const NO_GROUP: ActivationGroup = { tensors: [], fixed: undefined };

/** Below what scale of the output the factor of an operation would shift its sums out of 32 bits: where what it makes is next to nothing. */
function finestScale(
  operation: ExportOperation,
  [x = 0, other = 0]: readonly number[],
  weightScalesByName: ReadonlyMap<string, Float32Array>,
): number {
  const linear = linearOf(operation);
  if (linear) return x * Math.max(0, ...(weightScalesByName.get(linear.weights.name) ?? []));
  switch (operation.type) {
    case 'add':
      return Math.max(x, other) / 2 ** 8;
    case 'multiply':
      return x * other;
    case 'activation':
      return x / 2 ** 8;
    default:
      return 0;
  }
}

function ownScale({ tensors, fixed }: ActivationGroup, ranges: ReadonlyMap<string, Range>): ActivationScale {
  if (fixed) return fixed;
  const known = tensors.flatMap(({ name }) => ranges.get(name) ?? []);
  const least = Math.min(0, ...known.map((range) => range.least));
  const most = Math.max(0, ...known.map((range) => range.most));
  // What is always 0 may have any scale.
  const scale = Math.fround((most - least) / 255) || Math.fround(1 / 255);
  return { scale, zeroPoint: clamp(roundHalfAway(-128 - least / scale), -128, 127) };
}
