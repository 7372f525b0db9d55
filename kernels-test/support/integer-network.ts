import { Random } from '../../src/core/random.ts';
import type { Quantization, TfliteFile, TfliteOperator, TfliteTensor } from '../../src/export/tflite/file.ts';
import { FUSED, PADDINGS } from '../../src/export/tflite/schema.ts';
import type { Value } from '../../src/node.ts';

/** Numbers of the tensors below. */
const [X, FILTER, BIAS, CONVOLVED, POOLED, FLAT, WEIGHTS, Y, FLOAT_X, FLOAT_Y] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];

/** What is quantised for the whole tensor. */
function whole(scale: number, zeroPoint: number): Quantization {
  return { scales: [scale], zeroPoints: [zeroPoint], dimension: 0 };
}

/**
 * A network of int8 by the specification: a convolution with a scale for each output channel, ReLU, a maximum pooling, a dense layer.
 * `inner` takes and gives integers, `outer.file` floats. `expected` is computed here, each result rounded from float64.
 */
export function integerNetwork(seed: number) {
  const random = new Random(seed, 0x696e74);
  const integers = (count: number, most: number) => Int8Array.from({ length: count }, () => random.below(2 * most + 1) - most);
  const [size, channels, filters, units] = [6, 2, 3, 4];
  const scales = { x: 2 / 255, filter: [0.004, 0.01, 0.02], convolved: 6 / 255, weights: 0.01, y: 0.3 };
  const zero = { x: -1, convolved: -128, y: 7 };
  const [x, filter] = [integers(size * size * channels, 127), integers(filters * 9 * channels, 127)];
  const [bias, weights] = [Int32Array.from([900, -400, 100]), integers(units * 9 * filters, 127)];

  const tensors: TfliteTensor[] = [
    { type: 'int8', shape: [1, size, size, channels], quantization: whole(scales.x, zero.x) },
    {
      type: 'int8',
      shape: [filters, 3, 3, channels],
      data: filter,
      quantization: { scales: scales.filter, zeroPoints: [0, 0, 0], dimension: 0 },
    },
    {
      type: 'int32',
      shape: [filters],
      data: bias,
      quantization: { scales: scales.filter.map((scale) => scale * scales.x), zeroPoints: [0, 0, 0], dimension: 0 },
    },
    { type: 'int8', shape: [1, size, size, filters], quantization: whole(scales.convolved, zero.convolved) },
    { type: 'int8', shape: [1, 3, 3, filters], quantization: whole(scales.convolved, zero.convolved) },
    { type: 'int8', shape: [1, 9 * filters], quantization: whole(scales.convolved, zero.convolved) },
    { type: 'int8', shape: [units, 9 * filters], data: weights, quantization: whole(scales.weights, 0) },
    { type: 'int8', shape: [1, units], quantization: whole(scales.y, zero.y) },
  ];
  const step = (
    operator: TfliteOperator['operator'],
    inputs: number[],
    output: number,
    options: TfliteOperator['options'] = {},
  ): TfliteOperator => ({ operator, inputs, outputs: [output], options });
  const operators = [
    step('CONV_2D', [X, FILTER, BIAS], CONVOLVED, { padding: PADDINGS.same, strideWidth: 1, strideHeight: 1, fused: FUSED.relu }),
    step('MAX_POOL_2D', [CONVOLVED], POOLED, { padding: PADDINGS.valid, strideWidth: 2, strideHeight: 2, width: 2, height: 2 }),
    step('RESHAPE', [POOLED], FLAT, { shape: [-1, 9 * filters] }),
    step('FULLY_CONNECTED', [FLAT, WEIGHTS, -1], Y),
  ];
  const inner: TfliteFile = { tensors, operators, inputs: [X], outputs: [Y], metadata: [] };
  const file: TfliteFile = {
    tensors: [...tensors, { type: 'float32', shape: [1, size, size, channels] }, { type: 'float32', shape: [1, units] }],
    operators: [step('QUANTIZE', [FLOAT_X], X), ...operators, step('DEQUANTIZE', [Y], FLOAT_Y)],
    inputs: [FLOAT_X],
    outputs: [FLOAT_Y],
    metadata: [],
  };

  const at = (row: number, column: number, channel: number) =>
    row < 0 || column < 0 || row >= size || column >= size ? 0 : (x[(row * size + column) * channels + channel] ?? 0) - zero.x;
  const convolved = (row: number, column: number, k: number) => {
    let sum = bias[k] ?? 0;
    for (let tap = 0; tap < 9 * channels; tap++) {
      const [dy, dx, channel] = [Math.floor(tap / (3 * channels)), Math.floor(tap / channels) % 3, tap % channels];
      sum += at(row + dy - 1, column + dx - 1, channel) * (filter[k * 9 * channels + tap] ?? 0);
    }
    return clamped((sum * scales.x * (scales.filter[k] ?? 0)) / scales.convolved + zero.convolved, zero.convolved);
  };
  const pooled = Array.from({ length: 9 * filters }, (_, i) => {
    const [row, column, k] = [Math.floor(i / (3 * filters)), Math.floor(i / filters) % 3, i % filters];
    return Math.max(...[0, 1, 2, 3].map((part) => convolved(2 * row + (part >> 1), 2 * column + (part & 1), k)));
  });
  const y = Array.from({ length: units }, (_, unit) => {
    const sum = pooled.reduce((all, value, i) => all + (value - zero.convolved) * (weights[unit * pooled.length + i] ?? 0), 0);
    return clamped((sum * scales.convolved * scales.weights) / scales.y + zero.y, -128);
  });
  const given: Value = { shape: [1, size, size, channels], data: Float32Array.from(x) };
  const float: Value = { shape: given.shape, data: given.data.map((value) => (value - zero.x) * scales.x) };
  return {
    inner,
    x: given,
    expected: { shape: [1, units], data: y },
    outer: { file, float, scale: scales.y, zeroPoint: zero.y },
  };
}

function clamped(value: number, least: number): number {
  return Math.min(Math.max(Math.round(value), least), 127);
}
