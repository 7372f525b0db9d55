import type { ElementwiseActivation } from '../core/activation.ts';
import { OptionError } from '../core/errors.ts';
import { elements } from '../core/value.ts';
import { exportGraph } from '../deploy/graph.ts';
import type { ActivationOperation, ExportOperation, ExportTensor } from '../deploy/operations.ts';
import { dequantizedWeights } from './dequantized.ts';
import { type Multiplier, multiplied, multiplierOf, type Rounding } from './fixed-point.ts';
import { clampedOutputs } from './groups.ts';
import {
  ADD_SHIFT,
  type Bounds,
  type IntegerConstant,
  type IntegerGraph,
  type IntegerOperation,
  type IntegerTensor,
} from './integer-graph.ts';
import { clampBounds, lookupTable } from './lookup.ts';
import { linearOf, scaleOf } from './to-integers.ts';
import { type ActivationScale, isQuantizedTensor, type QuantizedModel } from './types.ts';

/**
 * A network in integers of 8 bits between its layers, operation by operation. Throws an OptionError that names the layer for what has no
 * such form, and for sums that 32 bits might not hold.
 */
export function integerGraph(quantized: QuantizedModel): IntegerGraph {
  if (quantized.bits.activations === 'float')
    throw new OptionError(
      'The activations of this quantised model are floats; quantise it with activations: 8 for a network in integers',
    );
  return new Lowering(quantized).run();
}

/** Throws an OptionError that names the first layer of a model which has no form in integers. */
export function checkHasIntegers(operations: readonly ExportOperation[]): void {
  for (const operation of operations) {
    const { type, layer } = operation;
    const what = type === 'activation' ? operation.activation.kind : type;
    const isTable = type === 'activation' && TABLES.has(operation.activation.kind);
    if (!isTable && !TYPES.has(type))
      throw new OptionError(`${layer}: ${what} has no form in integers; leave it out, or quantise with activations: 'float'`);
  }
}

const TABLES: ReadonlySet<string> = /* @__PURE__ */ new Set([
  ...['relu', 'relu6', 'leakyRelu', 'sigmoid', 'tanh', 'elu', 'gelu', 'silu', 'hardSwish', 'hardSigmoid'],
]);
const TYPES: ReadonlySet<string> = /* @__PURE__ */ new Set([
  ...['conv2d', 'dense', 'maxPool2d', 'avgPool2d', 'add', 'multiply', 'concat', 'reshape', 'upsample2d', 'channelShuffle'],
]);

const MOST_SUM = 2 ** 31 - 1;

class Lowering {
  private readonly tensors = new Map<ExportTensor, IntegerTensor>();
  /** Clamps that are part of the step before them, by what that makes. */
  private readonly clamps: ReadonlyMap<ExportTensor, ActivationOperation>;
  private readonly graph;
  private readonly rounding: Rounding;

  constructor(private readonly quantized: QuantizedModel) {
    this.rounding = quantized.rounding ?? 'once';
    this.graph = exportGraph(quantized.model, dequantizedWeights(quantized));
    checkHasIntegers(this.graph.operations);
    this.clamps = clampedOutputs(this.graph);
  }

  run(): IntegerGraph {
    const { input, output, operations } = this.graph;
    const inner = new Set<ExportOperation>(this.clamps.values());
    const made = operations.filter((operation) => !inner.has(operation)).map((operation) => this.lower(operation));
    return { input: this.tensor(input), output: this.tensor(output), operations: made, rounding: this.rounding };
  }

  private tensor(tensor: ExportTensor): IntegerTensor {
    const found = this.tensors.get(tensor) ?? { ...tensor, ...scaleOf(this.quantized.activations, tensor) };
    this.tensors.set(tensor, found);
    return found;
  }

  private lower(operation: ExportOperation): IntegerOperation {
    const { layer } = operation;
    const clamp = this.clamps.get(operation.output);
    const output = this.tensor(clamp?.output ?? operation.output);
    const bounds = clampBounds(clamp ? kindOf(clamp.activation) : 'linear', output);
    switch (operation.type) {
      case 'conv2d': {
        const { window, groups } = operation;
        return { ...this.linear(operation, output, bounds), type: 'conv2d', window, groups };
      }
      case 'dense':
        return { ...this.linear(operation, output, bounds), type: 'dense' };
      case 'maxPool2d':
      case 'avgPool2d':
        return { type: operation.type, layer, ...this.moving(operation.inputs[0], output, layer), window: operation.window };
      case 'reshape':
        return { type: 'reshape', layer, ...this.moving(operation.inputs[0], output, layer) };
      case 'upsample2d':
        return { type: 'upsample2d', layer, ...this.moving(operation.inputs[0], output, layer), factor: operation.factor };
      case 'channelShuffle':
        return { type: 'channelShuffle', layer, ...this.moving(operation.inputs[0], output, layer), groups: operation.groups };
      case 'concat': {
        const inputs = operation.inputs.map((tensor) => this.tensor(tensor));
        for (const x of inputs) checkSame(layer, x, output);
        return { type: 'concat', layer, inputs, output };
      }
      case 'activation': {
        const x = this.tensor(operation.inputs[0]);
        const { activation } = operation;
        if (activation.kind === 'relu' || activation.kind === 'relu6') checkSame(layer, x, output);
        const table = lookupTable(activation, x, output, this.rounding);
        return { type: 'lookup', layer, inputs: [x], output, activation, table };
      }
      case 'add': {
        const [a, b] = [this.tensor(operation.inputs[0]), this.tensor(operation.inputs[1])];
        const twice = 2 * Math.max(a.scale, b.scale);
        const factors = [multiplierOf(a.scale / twice), multiplierOf(b.scale / twice)] as const;
        const out = multiplierOf(twice / (2 ** ADD_SHIFT * output.scale));
        const most = factors.reduce((sum, factor) => sum + multiplied(255 * 2 ** ADD_SHIFT, factor, this.rounding), 0);
        checkSum(layer, most, out);
        return { type: 'add', layer, inputs: [a, b], output, factors, out, ...bounds };
      }
      case 'multiply': {
        const [a, b] = [this.tensor(operation.inputs[0]), this.tensor(operation.inputs[1])];
        const multiplier = multiplierOf(Math.fround(Math.fround(a.scale * b.scale) / output.scale));
        checkSum(layer, 255 ** 2, multiplier);
        return { type: 'multiply', layer, inputs: [a, b], output, multiplier, ...bounds };
      }
      default:
        throw new Error(`${layer}: ${operation.type} has no form in integers`);
    }
  }

  private linear(operation: ExportOperation, output: IntegerTensor, bounds: Bounds) {
    const linear = linearOf(operation);
    if (!linear) throw new Error(`${operation.layer} has no weights`);
    const { layer } = operation;
    const x = this.tensor(linear.x);
    const weights = this.integers(linear.weights.name, isBytes);
    const bias = linear.bias && this.integers(linear.bias.name, isWords);
    const multipliers = Array.from(weights.scales, (scale) => multiplierOf((x.scale * scale) / output.scale));
    largestSums(weights, bias?.data).forEach((sum, k) => {
      checkSum(layer, sum, multipliers[k] ?? multiplierOf(0));
    });
    return { layer, inputs: [x] as const, output, weights, bias, multipliers, ...bounds };
  }

  private integers<Data extends Int8Array | Int32Array>(
    name: string,
    isIts: (data: Int8Array | Int32Array) => data is Data,
  ): IntegerConstant<Data> {
    const tensor = this.quantized.weights.get(name);
    if (!tensor || !isQuantizedTensor(tensor) || !isIts(tensor.integers))
      throw new OptionError(`The weights '${name}' of a network in integers are none`);
    const { shape, integers: data, scales } = tensor;
    return { name, shape, data, scales };
  }

  private moving(input: ExportTensor, output: IntegerTensor, layer: string) {
    const x = this.tensor(input);
    checkSame(layer, x, output);
    return { inputs: [x] as const, output };
  }
}

function isBytes(data: Int8Array | Int32Array): data is Int8Array {
  return data instanceof Int8Array;
}

function isWords(data: Int8Array | Int32Array): data is Int32Array {
  return data instanceof Int32Array;
}

function kindOf({ kind }: ElementwiseActivation): Bounds['clamp'] {
  return kind === 'relu' || kind === 'relu6' ? kind : 'linear';
}

function checkSame(layer: string, x: ActivationScale, y: ActivationScale): void {
  if (x.scale !== y.scale || x.zeroPoint !== y.zeroPoint)
    throw new OptionError(
      `${layer}: what it takes and what it gives must have one scale and one zero point; quantise the model anew`,
    );
}

/** Throws an OptionError unless 32 bits hold a sum of that magnitude, shifted as its factor wants it. */
function checkSum(layer: string, sum: number, { shift }: Multiplier): void {
  if (sum * 2 ** Math.max(shift, 0) > MOST_SUM)
    throw new OptionError(
      `${layer}: its sums of 8-bit products reach ${sum}${shift > 0 ? ` times 2^${shift}` : ''}, and 32 bits hold ${MOST_SUM}; ` +
        `use fewer inputs, or quantise with activations: 'float'`,
    );
}

/** The most that the sum of each output channel can reach, whatever the inputs are. The last axis is the output channel's. */
function largestSums({ shape, data }: IntegerConstant<Int8Array>, bias: Int32Array | undefined): number[] {
  const outputs = shape.at(-1) ?? 1;
  const sums = Array.from({ length: outputs }, (_, k) => Math.abs(bias?.[k] ?? 0));
  for (let at = 0; at < elements(shape); at++) sums[at % outputs] = (sums[at % outputs] ?? 0) + 255 * Math.abs(data[at] ?? 0);
  return sums;
}
