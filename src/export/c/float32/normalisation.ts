import { elements } from '../../../core/value.ts';
import type { LayerNormOperation } from '../../../deploy/operations.ts';
import { channelsOf } from '../../../graph/tensor.ts';
import { affine, type Code, loop, sequence } from '../code.ts';
import type { Layout } from '../memory.ts';
import { floatText } from '../text.ts';
import { constantArray } from './constants.ts';
import { fromFlash, overElements, shapesText } from './indices.ts';
import { type Emission, NO_HELPERS, type Routine } from './routine.ts';

/** scale (x - mean) / sqrt(variance + epsilon) + offset, over the channels of each pixel or all of the sample. */
export function layerNorm({ over, epsilon, scale, offset }: LayerNormOperation, emission: Emission): Routine {
  const {
    inputs: [x],
    output: y,
    indexType,
  } = emission;
  const channels = channelsOf(x.shape);
  const length = over === 'channels' ? channels : elements(x.shape);
  const visit = (pixel: string, body: (c: string, from: string, to: string) => Code): Code =>
    over === 'sample'
      ? overElements([x, y], indexType, (c, [from = '', to = '']) => body(c, from, to))
      : loop(indexType, 'c', channels, (c) => body(c, affine([pixel, x.stride], [c, 1]), affine([pixel, y.stride], [c, 1])));
  const vector = (role: string, { data }: { readonly data: Float32Array }, c: string) =>
    fromFlash(role, data.length === 1 ? '0' : c);
  const group = (pixel: string): Code =>
    sequence(
      ['float mean = 0.0f;'],
      visit(pixel, (_, from) => [`mean += x[${from}];`]),
      [`mean *= ${floatText(1 / length)};`, 'float variance = 0.0f;'],
      visit(pixel, (_, from) => [`variance += (x[${from}] - mean) * (x[${from}] - mean);`]),
      [`const float factor = 1.0f / sqrtf(variance * ${floatText(1 / length)} + ${floatText(epsilon)});`],
      visit(pixel, (c, from, to) => [
        `y[${to}] = (x[${from}] - mean) * factor * ${vector('scale', scale, c)} + ${vector('offset', offset, c)};`,
      ]),
    );
  return {
    comment: `normalised over ${over === 'channels' ? 'the channels of each pixel' : 'the sample'}${shapesText([x], y)}`,
    inputs: ['x'],
    inPlace: true,
    constants: [constantArray('scale', scale), constantArray('offset', offset)],
    body: over === 'sample' ? group('0') : loop(indexType, 'pixel', pixelsOf(x), group),
    helpers: NO_HELPERS,
    math: true,
  };
}

/** Along the last axis, from the largest on, so that expf stays finite. */
export function softmax({ inputs: [x], output: y, indexType }: Emission): Routine {
  const channels = channelsOf(x.shape);
  const from = (pixel: string, c: string) => `x[${affine([pixel, x.stride], [c, 1])}]`;
  const to = (pixel: string, c: string) => `y[${affine([pixel, y.stride], [c, 1])}]`;
  const over = (body: (c: string) => Code) => loop(indexType, 'c', channels, body);
  return {
    comment: `softmax${shapesText([x], y)}`,
    inputs: ['x'],
    inPlace: true,
    constants: [],
    body: loop(indexType, 'pixel', pixelsOf(x), (pixel) =>
      sequence(
        [`float largest = ${from(pixel, '0')};`],
        over((c) => [`if (${from(pixel, c)} > largest) {`, [`largest = ${from(pixel, c)};`], '}']),
        ['float sum = 0.0f;'],
        over((c) => [`${to(pixel, c)} = expf(${from(pixel, c)} - largest);`, `sum += ${to(pixel, c)};`]),
        over((c) => [`${to(pixel, c)} /= sum;`]),
      ),
    ),
    helpers: NO_HELPERS,
    math: true,
  };
}

function pixelsOf({ shape }: Layout): number {
  return elements(shape) / channelsOf(shape);
}
