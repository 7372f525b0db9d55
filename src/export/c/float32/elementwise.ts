import { elements } from '../../../core/value.ts';
import type {
  ActivationOperation,
  ArithmeticOperation,
  PreluOperation,
  ScaleOffsetOperation,
} from '../../../deploy/operations.ts';
import { channelsOf } from '../../../graph/tensor.ts';
import { affine, loop } from '../code.ts';
import type { Layout } from '../memory.ts';
import { constantArray } from './constants.ts';
import { activated, helpersOf, thenText } from './helpers.ts';
import { each, fromFlash, imageOf, overElements, overPixels, shapesText } from './indices.ts';
import { type Emission, NO_HELPERS, type Routine } from './routine.ts';

export function activation({ activation: kind }: ActivationOperation, emission: Emission): Routine {
  const {
    inputs: [x],
    output: y,
    indexType,
  } = emission;
  return {
    comment: `${thenText(kind).slice(', then '.length)}${shapesText([x], y)}`,
    inputs: ['x'],
    inPlace: true,
    constants: [],
    body: each(indexType, [x, y], ([from = '', to = '']) => [`y[${to}] = ${activated(kind, `x[${from}]`)};`]),
    helpers: helpersOf(kind),
  };
}

/** By channel. */
export function scaleOffset({ scale, offset }: ScaleOffsetOperation, { inputs: [x], output: y, indexType }: Emission): Routine {
  return {
    comment: `a scale and an offset for each channel${shapesText([x], y)}`,
    inputs: ['x'],
    inPlace: true,
    constants: [constantArray('scale', scale), constantArray('offset', offset)],
    body: overElements([x, y], indexType, (c, [from, to]) => [
      `y[${to}] = x[${from}] * ${fromFlash('scale', c)} + ${fromFlash('offset', c)};`,
    ]),
    helpers: NO_HELPERS,
  };
}

export function prelu({ slope }: PreluOperation, { inputs: [x], output: y, indexType }: Emission): Routine {
  return {
    comment: `a slope below 0 for each channel${shapesText([x], y)}`,
    inputs: ['x'],
    inPlace: true,
    constants: [constantArray('slope', slope)],
    body: overElements([x, y], indexType, (c, [from, to]) => [
      `const float value = x[${from}];`,
      `y[${to}] = value > 0.0f ? value : value * ${fromFlash('slope', slope.data.length === 1 ? '0' : c)};`,
    ]),
    helpers: NO_HELPERS,
  };
}

/** A sum or product; an axis of size 1 is repeated. */
export function arithmetic({ type }: ArithmeticOperation, { inputs: [a, b = a], output: y, indexType }: Emission): Routine {
  const sign = type === 'add' ? '+' : '*';
  const isAlike = [a, b].every(({ shape }) => elements(shape) === elements(y.shape));
  const indexOf = (layout: Layout, row: string, column: string, c: string) => {
    const [height, width, channels] = imageOf(layout);
    return affine(
      [height === 1 ? '0' : row, width * layout.stride],
      [width === 1 ? '0' : column, layout.stride],
      [channels === 1 ? '0' : c, 1],
    );
  };
  return {
    comment: `${type === 'add' ? 'sum' : 'product'}${shapesText([a, b], y)}`,
    inputs: ['a', 'b'],
    inPlace: true,
    constants: [],
    body: isAlike
      ? each(indexType, [a, b, y], ([one = '', other = '', to = '']) => [`y[${to}] = a[${one}] ${sign} b[${other}];`])
      : overPixels(y, indexType, (row, column) =>
          loop(indexType, 'c', imageOf(y)[2], (c) => [
            `y[${indexOf(y, row, column, c)}] = a[${indexOf(a, row, column, c)}] ${sign} b[${indexOf(b, row, column, c)}];`,
          ]),
        ),
    helpers: NO_HELPERS,
  };
}

/** The same elements in another layout. */
export function copy({ inputs: [x], output: y, indexType }: Emission): Routine {
  return {
    comment: `copy${shapesText([x], y)}`,
    inputs: ['x'],
    inPlace: false,
    constants: [],
    body: each(indexType, [x, y], ([from = '', to = '']) => [`y[${to}] = x[${from}];`]),
    helpers: NO_HELPERS,
  };
}

/** Channel j of group i becomes channel i of j. */
export function channelShuffle(groups: number, { inputs: [x], output: y, indexType }: Emission): Routine {
  const size = channelsOf(x.shape) / groups;
  const pixels = elements(x.shape) / channelsOf(x.shape);
  return {
    comment: `channels of ${groups} groups dealt out${shapesText([x], y)}`,
    inputs: ['x'],
    inPlace: false,
    constants: [],
    body: loop(indexType, 'pixel', pixels, (pixel) =>
      loop(indexType, 'group', groups, (group) =>
        loop(indexType, 'c', size, (c) => [
          `y[${affine([pixel, y.stride], [c, groups], [group, 1])}] = x[${affine([pixel, x.stride], [group, size], [c, 1])}];`,
        ]),
      ),
    ),
    helpers: NO_HELPERS,
  };
}

/** Each pixel repeated, downwards and to the right. */
export function upsample2d(factor: readonly [number, number], { inputs: [x], output: y, indexType }: Emission): Routine {
  const [, width, channels] = imageOf(x);
  const source = (at: string, by: number) => (at === '0' || by === 1 ? at : `${at} / ${by}`);
  return {
    comment: `each pixel repeated ${factor.join('x')} times${shapesText([x], y)}`,
    inputs: ['x'],
    inPlace: false,
    constants: [],
    body: overPixels(y, indexType, (row, column) =>
      loop(indexType, 'c', channels, (c) => [
        `y[${affine([row, imageOf(y)[1] * y.stride], [column, y.stride], [c, 1])}] = ` +
          `x[${affine([source(row, factor[0]), width * x.stride], [source(column, factor[1]), x.stride], [c, 1])}];`,
      ]),
    ),
    helpers: NO_HELPERS,
  };
}
