import { elements } from '../../../core/value.ts';
import { type Multiplier, multiplied, type Rounding } from '../../../quantize/fixed-point.ts';
import { integerOf } from '../../../quantize/input.ts';
import {
  ADD_SHIFT,
  type Bounds,
  type IntegerGraph,
  type IntegerOperation,
  type IntegerTensor,
} from '../../../quantize/integer-graph.ts';
import { clamp } from '../../../quantize/rounding.ts';
import { channelShuffle, concat, pairwise, upsample2d } from './elementwise.ts';
import { conv2d, dense, pool } from './windows.ts';

/** A network in integers, as src/quantize/reference.ts computes it: from one sample as the network sees it, in floats, to its output. */
export function integerNetwork({ input, output, operations, rounding }: IntegerGraph): (x: Float32Array) => Float32Array {
  const values = new Map<IntegerTensor, Int8Array>();
  const valuesOf = (tensor: IntegerTensor): Int8Array => {
    const value = values.get(tensor) ?? new Int8Array(elements(tensor.shape));
    values.set(tensor, value);
    return value;
  };
  const steps = operations.map((operation) => {
    const [x = new Int8Array(), ...others] = operation.inputs.map(valuesOf);
    if (operation.type === 'reshape') values.set(operation.output, x);
    const y = valuesOf(operation.output);
    return stepOf(operation, { x, others, y }, rounding);
  });
  return (x) => {
    const integers = valuesOf(input);
    for (let i = 0; i < integers.length; i++) integers[i] = integerOf(x[i] as number, input);
    for (const step of steps) step();
    return Float32Array.from(valuesOf(output), (value) => (value - output.zeroPoint) * output.scale);
  };
}

const NONE: Multiplier = { multiplier: 0, shift: 0 };

/** Of a sum, by its channel's multiplier. */
function finished({ zeroPoint }: IntegerTensor, { least, most }: Bounds, multipliers: readonly Multiplier[], rounding: Rounding) {
  return (sum: number, k: number) => clamp(zeroPoint + multiplied(sum, multipliers[k] ?? NONE, rounding), least, most);
}

function roundedMean(sum: number, count: number): number {
  const half = Math.floor(count / 2);
  return Math.trunc((sum > 0 ? sum + half : sum - half) / count);
}

interface Arrays {
  readonly x: Int8Array;
  readonly others: readonly Int8Array[];
  readonly y: Int8Array;
}

/** What computes y, once for each sample. */
function stepOf(operation: IntegerOperation, { x, others, y }: Arrays, rounding: Rounding): () => void {
  const [shape = [], beside = []] = operation.inputs.map((tensor) => tensor.shape);
  switch (operation.type) {
    case 'conv2d': {
      const { window, groups, weights, bias, output, multipliers } = operation;
      const finish = finished(output, operation, multipliers, rounding);
      return () => conv2d(window, groups, weights, bias?.data, x, operation.inputs[0].zeroPoint, y, finish);
    }
    case 'dense': {
      const { weights, bias, output, multipliers } = operation;
      return () =>
        dense(weights, bias?.data, x, operation.inputs[0].zeroPoint, y, finished(output, operation, multipliers, rounding));
    }
    case 'maxPool2d':
    case 'avgPool2d':
      return () => pool(operation.type, operation.window, x, y, roundedMean);
    case 'add':
    case 'multiply': {
      const { inputs, output, least, most } = operation;
      const [zero, other] = [inputs[0].zeroPoint, inputs[1].zeroPoint];
      const result = resultOf(operation, rounding);
      return () =>
        pairwise(x, others[0] ?? x, y, { a: shape, b: beside, y: output.shape }, (a, b) =>
          clamp(output.zeroPoint + result(a - zero, b - other), least, most),
        );
    }
    case 'lookup':
      return () => {
        for (let i = 0; i < x.length; i++) y[i] = operation.table[(x[i] as number) + 128] as number;
      };
    case 'concat':
      return () =>
        concat(
          [x, ...others],
          operation.inputs.map((tensor) => tensor.shape),
          y,
        );
    case 'upsample2d':
      return () => upsample2d(operation.factor, x, shape, y);
    case 'channelShuffle':
      return () => channelShuffle(operation.groups, x, shape, y);
    case 'reshape':
      return () => {};
  }
}

/** Of two operands without their zero points. */
function resultOf(
  operation: Extract<IntegerOperation, { readonly type: 'add' | 'multiply' }>,
  rounding: Rounding,
): (a: number, b: number) => number {
  if (operation.type === 'multiply') return (a, b) => multiplied(a * b, operation.multiplier, rounding);
  const {
    factors: [first, second],
    out,
  } = operation;
  const shifted = (value: number, factor: Multiplier) => multiplied(value * 2 ** ADD_SHIFT, factor, rounding);
  return (a, b) => multiplied(shifted(a, first) + shifted(b, second), out, rounding);
}
