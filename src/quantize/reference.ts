import type { WindowGeometry } from '../core/geometry.ts';
import { elements } from '../core/value.ts';
import { type Multiplier, multiplied, type Rounding } from './fixed-point.ts';
import {
  ADD_SHIFT,
  type Bounds,
  type IntegerAdd,
  type IntegerConv2d,
  type IntegerDense,
  type IntegerGraph,
  type IntegerMultiply,
  type IntegerOperation,
  type IntegerPool,
  type IntegerTensor,
} from './integer-graph.ts';
import { clamp } from './rounding.ts';

/** A network in integers on the CPU, in plain loops: for one sample of the input's integers, those of every value by its name. */
export function evaluateIntegers(graph: IntegerGraph, x: Int8Array): ReadonlyMap<string, Int8Array> {
  const values = new Map([[graph.input.name, x]]);
  for (const operation of graph.operations) {
    const inputs = operation.inputs.map(({ name }) => values.get(name) ?? new Int8Array());
    values.set(operation.output.name, evaluate(operation, inputs, graph.rounding));
  }
  return values;
}

function evaluate(
  operation: IntegerOperation,
  [x = new Int8Array(), other = new Int8Array(), ...others]: readonly Int8Array[],
  rounding: Rounding,
): Int8Array {
  switch (operation.type) {
    case 'conv2d':
      return conv2d(operation, x, rounding);
    case 'dense':
      return dense(operation, x, rounding);
    case 'maxPool2d':
    case 'avgPool2d':
      return pool(operation, x);
    case 'add':
      return pairwise(operation, x, other, (a, b) => sumOf(operation, a, b, rounding));
    case 'multiply':
      return pairwise(operation, x, other, (a, b) => multiplied(a * b, operation.multiplier, rounding));
    case 'lookup':
      return x.map((value) => operation.table[value + 128] ?? 0);
    case 'reshape':
      return x;
    case 'concat':
      return concat(operation.inputs, [x, other, ...others]);
    case 'upsample2d': {
      const [, width = 1, channels = 1] = operation.inputs[0].shape;
      return moved(operation.output, (row, column, c) => {
        const [down, across] = operation.factor;
        return x[(Math.floor(row / down) * width + Math.floor(column / across)) * channels + c];
      });
    }
    case 'channelShuffle': {
      const [, width, channels] = imageOf(operation.output);
      const size = channels / operation.groups;
      return moved(operation.output, (row, column, c) => {
        const [member, group] = [Math.floor(c / operation.groups), c % operation.groups];
        return x[(row * width + column) * channels + group * size + member];
      });
    }
  }
}

function finished(
  sum: number,
  factor: Multiplier,
  { zeroPoint }: IntegerTensor,
  { least, most }: Bounds,
  rounding: Rounding,
): number {
  return clamp(zeroPoint + multiplied(sum, factor, rounding), least, most);
}

const NONE: Multiplier = { multiplier: 0, shift: 0 };

function conv2d(
  { inputs: [from], output, weights, bias, multipliers, window: g, groups, ...bounds }: IntegerConv2d,
  x: Int8Array,
  rounding: Rounding,
) {
  const [, , size = 1, outputs = 1] = weights.shape;
  const channels = size * groups;
  return moved(output, (row, column, k) => {
    const first = Math.floor(k / (outputs / groups)) * size;
    let sum = bias?.data[k] ?? 0;
    overWindow(g, row, column, (i, j, y, z) => {
      for (let c = 0; c < size; c++) {
        const weight = weights.data[((i * g.windowWidth + j) * size + c) * outputs + k] ?? 0;
        sum += ((x[(y * g.inputWidth + z) * channels + first + c] ?? 0) - from.zeroPoint) * weight;
      }
    });
    return finished(sum, multipliers[k] ?? NONE, output, bounds, rounding);
  });
}

function dense(
  { inputs: [from], output, weights, bias, multipliers, ...bounds }: IntegerDense,
  x: Int8Array,
  rounding: Rounding,
): Int8Array {
  const [size = 1, outputs = 1] = weights.shape;
  return Int8Array.from({ length: outputs }, (_, k) => {
    let sum = bias?.data[k] ?? 0;
    for (let c = 0; c < size; c++) sum += ((x[c] ?? 0) - from.zeroPoint) * (weights.data[c * outputs + k] ?? 0);
    return finished(sum, multipliers[k] ?? NONE, output, bounds, rounding);
  });
}

function pool({ type, output, window: g }: IntegerPool, x: Int8Array): Int8Array {
  const [, , channels] = imageOf(output);
  return moved(output, (row, column, c) => {
    const seen: number[] = [];
    overWindow(g, row, column, (_i, _j, y, z) => seen.push(x[(y * g.inputWidth + z) * channels + c] ?? 0));
    if (type === 'maxPool2d') return Math.max(...seen);
    const sum = seen.reduce((all, value) => all + value, 0);
    const half = Math.floor(seen.length / 2);
    return Math.trunc((sum > 0 ? sum + half : sum - half) / seen.length);
  });
}

function sumOf({ factors, out }: IntegerAdd, a: number, b: number, rounding: Rounding): number {
  const [first, second] = factors;
  const sum = multiplied(a * 2 ** ADD_SHIFT, first, rounding) + multiplied(b * 2 ** ADD_SHIFT, second, rounding);
  return multiplied(sum, out, rounding);
}

/** Of the operands without their zero points, element by element. */
function pairwise(
  { inputs: [a, b], output, least, most }: IntegerAdd | IntegerMultiply,
  x: Int8Array,
  other: Int8Array,
  result: (a: number, b: number) => number,
): Int8Array {
  const at = (tensor: IntegerTensor, data: Int8Array, row: number, column: number, c: number) => {
    const [height, width, channels] = imageOf(tensor);
    const pixel = (height === 1 ? 0 : row) * width + (width === 1 ? 0 : column);
    return (data[pixel * channels + (channels === 1 ? 0 : c)] ?? 0) - tensor.zeroPoint;
  };
  return moved(output, (row, column, c) =>
    clamp(output.zeroPoint + result(at(a, x, row, column, c), at(b, other, row, column, c)), least, most),
  );
}

function concat(tensors: readonly IntegerTensor[], data: readonly Int8Array[]): Int8Array {
  const pixels = tensors[0] ? elements(tensors[0].shape) / imageOf(tensors[0])[2] : 0;
  const rows = Array.from({ length: pixels }, (_, pixel) =>
    tensors.flatMap((tensor, index) => {
      const [, , channels] = imageOf(tensor);
      return Array.from(data[index]?.subarray(pixel * channels, (pixel + 1) * channels) ?? []);
    }),
  );
  return Int8Array.from(rows.flat());
}

/** Each element of a value by its row, column and channel; a vector is one pixel. */
function moved(output: IntegerTensor, value: (row: number, column: number, channel: number) => number | undefined): Int8Array {
  const [, width, channels] = imageOf(output);
  return Int8Array.from({ length: elements(output.shape) }, (_, at) => {
    const pixel = Math.floor(at / channels);
    return value(Math.floor(pixel / width), pixel % width, at % channels) ?? 0;
  });
}

function imageOf({ shape }: IntegerTensor): readonly [number, number, number] {
  const [channels = 1, width = 1, height = 1] = [...shape].reverse();
  return [height, width, channels];
}

/** The elements of a window that lie on the image: where in the window, and where on the image. */
function overWindow(
  g: WindowGeometry,
  row: number,
  column: number,
  visit: (i: number, j: number, y: number, x: number) => void,
): void {
  for (let i = 0; i < g.windowHeight; i++) {
    const y = row * g.strideHeight + i * g.dilationHeight - g.top;
    if (y < 0 || y >= g.inputHeight) continue;
    for (let j = 0; j < g.windowWidth; j++) {
      const x = column * g.strideWidth + j * g.dilationWidth - g.left;
      if (x >= 0 && x < g.inputWidth) visit(i, j, y, x);
    }
  }
}
