import { permuted } from '../../../core/permuted.ts';
import { channelsOf } from '../../../graph/tensor.ts';
import type { Multiplier } from '../../../quantize/fixed-point.ts';
import type {
  Bounds,
  IntegerAdd,
  IntegerConstant,
  IntegerConv2d,
  IntegerDense,
  IntegerLookup,
  IntegerMultiply,
  IntegerOperation,
  IntegerPool,
} from '../../../quantize/integer-graph.ts';
import { ADD_SHIFT } from '../../../quantize/integer-graph.ts';
import { leakyFactors } from '../../../quantize/lookup.ts';
import type { WeightBits } from '../../../quantize/types.ts';
import { affine, type Code, loop, sequence } from '../code.ts';
import { channelShuffle, copy, upsample2d } from '../float32/elementwise.ts';
import { groupOf } from '../float32/groups.ts';
import { each, element, imageOf, overPixels, shapesText } from '../float32/indices.ts';
import type { Emission } from '../float32/routine.ts';
import { columnsAreDense, isInside, type Term, times, windowColumns, windowRows, windowText } from '../float32/window.ts';
import type { Layout } from '../memory.ts';
import { packedBits } from './helpers.ts';
import type { IntegerArray, IntegerHelper, IntegerRoutine } from './routine.ts';

export type ComputingIntegers = Exclude<IntegerOperation, { readonly type: 'reshape' | 'concat' }>;

/** The routine of a step. Reshapes and concatenations have none: they are a matter of where values lie. */
export function integerRoutineOf(operation: ComputingIntegers, bits: WeightBits, emission: Emission): IntegerRoutine {
  const made = routineOf(operation, bits, emission);
  return { ...made, comment: made.comment.replaceAll('floats apart', 'bytes apart') };
}

function routineOf(operation: ComputingIntegers, bits: WeightBits, emission: Emission): IntegerRoutine {
  switch (operation.type) {
    case 'conv2d':
      return conv2d(operation, bits, emission);
    case 'dense':
      return dense(operation, bits, emission);
    case 'maxPool2d':
    case 'avgPool2d':
      return pool(operation, emission);
    case 'add':
    case 'multiply':
      return pairwise(operation, emission);
    case 'lookup':
      return lookup(operation, emission);
    case 'upsample2d':
      return moving(upsample2d(operation.factor, emission));
    case 'channelShuffle':
      return moving(channelShuffle(operation.groups, emission));
  }
}

/** A copy of what lies elsewhere. */
export function integerCopy(emission: Emission): IntegerRoutine {
  return moving(copy(emission));
}

/** What moves elements about does so whatever their type is. */
function moving({ comment, inputs, inPlace, body }: Omit<IntegerRoutine, 'constants' | 'helpers'>): IntegerRoutine {
  return { comment, inputs, inPlace, body, constants: [], helpers: [] };
}

/** `x - 3`, `x + 128`; nothing for 0. */
function less(value: string, zeroPoint: number): string {
  return zeroPoint === 0 ? value : `(${value} ${zeroPoint < 0 ? '+' : '-'} ${Math.abs(zeroPoint)})`;
}

/** An integer with a sign, behind what it is added to. */
function plus(value: string, zeroPoint: number): string {
  return zeroPoint === 0 ? value : `${value} ${zeroPoint < 0 ? '-' : '+'} ${Math.abs(zeroPoint)}`;
}

function then({ clamp }: Bounds): string {
  return clamp === 'linear' ? '' : `, then ${clamp}`;
}

interface Weighted {
  readonly constants: IntegerArray[];
  readonly helpers: IntegerHelper[];
  /** The weight at an index. */
  weight(index: string): string;
  /** The sum's first value, and what becomes of it. */
  start(k: string): string;
  end(k: string): string;
}

function weighted(operation: IntegerConv2d | IntegerDense, role: 'filter' | 'weights', bits: WeightBits): Weighted {
  const { weights, bias, multipliers, output, least, most } = operation;
  const { name } = weights;
  const turned = outputsFirst(weights);
  const data = bits === 8 ? turned : packedBits(turned, bits);
  const of = (own: string, values: IntegerArray['data'], key = `${output.name}/${own}`): IntegerArray => ({
    role: own,
    name: key,
    data: values,
  });
  return {
    constants: [
      of(role, data, name),
      ...(bias ? [of('bias', bias.data, bias.name)] : []),
      of(
        'multiplier',
        Int32Array.from(multipliers, ({ multiplier }) => multiplier),
      ),
      of(
        'shift',
        Int8Array.from(multipliers, ({ shift }) => shift),
      ),
    ],
    helpers: ['multiplied', 'clamped', ...(bits === 8 ? [] : [`weight${bits}` as const])],
    weight: (index) => (bits === 8 ? `(int8_t)BYTE_FROM_FLASH(${role}[${index}])` : `weight${bits}(${role}, ${index})`),
    start: (k) => `int32_t sum = ${bias ? `(int32_t)WORD_FROM_FLASH(bias[${k}])` : '0'};`,
    end: (k) =>
      `clamped(${plus(
        `multiplied(sum, (int32_t)WORD_FROM_FLASH(multiplier[${k}]), (int8_t)BYTE_FROM_FLASH(shift[${k}]))`,
        output.zeroPoint,
      )}, ${least}, ${most})`,
  };
}

/** The last axis, of output channels, first. */
function outputsFirst({ shape, data }: IntegerConstant<Int8Array>): Int8Array {
  const outputs = channelsOf(shape);
  return permuted(data, [data.length / outputs, outputs], [1, 0]);
}

/** y[row, column, k] = clamped(zero of y + multiplied(bias[k] + sum of (x - zero of x) filter)). */
function conv2d(operation: IntegerConv2d, bits: WeightBits, { inputs: [x], output: y, indexType }: Emission): IntegerRoutine {
  const {
    weights,
    window: g,
    groups,
    inputs: [from],
  } = operation;
  const [, , size = 1, outputs = 1] = weights.shape;
  const { group, first } = groupOf(indexType, outputs / groups, size, groups);
  const area = g.windowHeight * g.windowWidth * size;
  const rowOf = g.windowWidth * size;
  const dense = columnsAreDense(g) && size === x.stride && groups === 1;
  const { constants, helpers, weight, start, end } = weighted(operation, 'filter', bits);
  const product = (index: string, at: string): Code => [`sum += ${less(`x[${index}]`, from.zeroPoint)} * ${weight(at)};`];
  const body = overPixels(y, indexType, (row, column) =>
    loop(indexType, 'k', outputs, (k) =>
      sequence(
        group(k),
        [start(k)],
        windowRows(indexType, g, row, (i, fromRow) => {
          const rowTerms = times(fromRow, g.inputWidth * x.stride);
          const terms: Term[] = [
            [k, area],
            [i, rowOf],
          ];
          // The pixels of a window's row lie one behind the other, in the image and in the filter.
          if (dense)
            return loop(indexType, 'c', rowOf, (c) =>
              product(affine(...rowTerms, [column, g.strideWidth * x.stride], [c, 1]), affine(...terms, [c, 1])),
            );
          return windowColumns(indexType, g, column, (j, fromColumn) =>
            loop(indexType, 'c', size, (c) =>
              product(
                affine(...rowTerms, ...times(fromColumn, x.stride), ...first(k), [c, 1]),
                affine(...terms, [j, size], [c, 1]),
              ),
            ),
          );
        }),
        [`${element('y', y, row, column, [k, 1])} = ${end(k)};`],
      ),
    ),
  );
  const name =
    groups === 1 ? 'convolution' : groups === channelsOf(x.shape) ? 'depthwise convolution' : `convolution in ${groups} groups`;
  const comment = `${windowText(name, g)}${shapesText([x], y)}${then(operation)}`;
  return { comment, inputs: ['x'], inPlace: false, constants, body, helpers };
}

function dense(operation: IntegerDense, bits: WeightBits, { inputs: [x], output: y, indexType }: Emission): IntegerRoutine {
  const [size = 1, outputs = 1] = operation.weights.shape;
  const { constants, helpers, weight, start, end } = weighted(operation, 'weights', bits);
  const zero = operation.inputs[0].zeroPoint;
  return {
    comment: `dense layer${shapesText([x], y)}${then(operation)}`,
    inputs: ['x'],
    inPlace: false,
    constants,
    body: loop(indexType, 'k', outputs, (k) =>
      sequence(
        [start(k)],
        loop(indexType, 'c', size, (c) => [`sum += ${less(`x[${c}]`, zero)} * ${weight(affine([k, size], [c, 1]))};`]),
        [`y[${k}] = ${end(k)};`],
      ),
    ),
    helpers,
  };
}

function pool({ type, window: g }: IntegerPool, { inputs: [x], output: y, indexType }: Emission): IntegerRoutine {
  const isMaximum = type === 'maxPool2d';
  const counted = !isMaximum && !isInside(g);
  const count = counted ? 'count' : `${g.windowHeight * g.windowWidth}`;
  const visit = (from: string): Code =>
    isMaximum
      ? [`const int8_t value = x[${from}];`, 'if (value > largest) {', ['largest = value;'], '}']
      : [`sum += x[${from}];`, ...(counted ? ['count++;'] : [])];
  const mean = `(int8_t)((sum > 0 ? sum + ${count} / 2 : sum - ${count} / 2) / ${count})`;
  const body = overPixels(y, indexType, (row, column) =>
    loop(indexType, 'c', imageOf(y)[2], (c) =>
      sequence(
        [isMaximum ? 'int8_t largest = -128;' : 'int32_t sum = 0;', ...(counted ? ['int32_t count = 0;'] : [])],
        windowRows(indexType, g, row, (_i, fromRow) =>
          windowColumns(indexType, g, column, (_j, fromColumn) =>
            visit(affine(...times(fromRow, g.inputWidth * x.stride), ...times(fromColumn, x.stride), [c, 1])),
          ),
        ),
        [`${element('y', y, row, column, [c, 1])} = ${isMaximum ? 'largest' : mean};`],
      ),
    ),
  );
  const comment = `${isMaximum ? 'largest' : 'mean'} of each ${windowText('window', g)}${shapesText([x], y)}`;
  return { comment, inputs: ['x'], inPlace: false, constants: [], body, helpers: [] };
}

function applied(value: string, { multiplier, shift }: Multiplier): string {
  return `multiplied(${value}, ${multiplier}, ${shift})`;
}

/** The sum or product of two values; an axis of size 1 is repeated. */
function pairwise(
  operation: IntegerAdd | IntegerMultiply,
  { inputs: [a, b = a], output: y, indexType }: Emission,
): IntegerRoutine {
  const { inputs, output, least, most } = operation;
  const term = (index: 0 | 1, at: string) => less(`${index === 0 ? 'a' : 'b'}[${at}]`, inputs[index].zeroPoint);
  const result = (one: string, other: string) => {
    if (operation.type === 'multiply') return applied(`(int32_t)${term(0, one)} * ${term(1, other)}`, operation.multiplier);
    const shifted = (value: string) => `(int32_t)${value} * ${2 ** ADD_SHIFT}`;
    const [first, second] = operation.factors;
    return applied(`${applied(shifted(term(0, one)), first)} + ${applied(shifted(term(1, other)), second)}`, operation.out);
  };
  const line = (to: string, one: string, other: string) => [
    `y[${to}] = clamped(${plus(result(one, other), output.zeroPoint)}, ${least}, ${most});`,
  ];
  const alike = inputs.every(({ shape }) => `${shape}` === `${output.shape}`);
  const at = (layout: Layout, row: string, column: string, c: string) => {
    const [height, width, channels] = imageOf(layout);
    const terms: Term[] = [];
    if (height > 1) terms.push([row, width * layout.stride]);
    if (width > 1) terms.push([column, layout.stride]);
    if (channels > 1) terms.push([c, 1]);
    return affine(...terms);
  };
  const body = alike
    ? each(indexType, [a, b, y], ([one = '', other = '', to = '']) => line(to, one, other))
    : overPixels(y, indexType, (row, column) =>
        loop(indexType, 'c', imageOf(y)[2], (c) => line(at(y, row, column, c), at(a, row, column, c), at(b, row, column, c))),
      );
  return {
    comment: `${operation.type === 'add' ? 'sum' : 'product'}${shapesText([a, b], y)}${then(operation)}`,
    inputs: ['a', 'b'],
    inPlace: true,
    constants: [],
    body,
    helpers: ['multiplied', 'clamped'],
  };
}

/** A clamp or a slope is computed, all other activations are looked up. */
function lookup(operation: IntegerLookup, { inputs: [x], output: y, indexType }: Emission): IntegerRoutine {
  const {
    activation: { kind, options },
    inputs: [from],
    output,
    table,
  } = operation;
  const isClamp = kind === 'relu' || kind === 'relu6';
  const slope = kind === 'leakyRelu' ? (options.slope ?? 0) : undefined;
  const code = (value: string, to: string): Code => {
    if (isClamp) return [`${to} = clamped(${value}, ${table[0]}, ${table[255]});`];
    if (slope === undefined) return [`${to} = (int8_t)BYTE_FROM_FLASH(table[${value} + 128]);`];
    const { above, below } = leakyFactors(from, output, slope);
    const either = (field: keyof Multiplier) => `value >= 0 ? ${above[field]} : ${below[field]}`;
    return [
      `const int32_t value = ${less(value, from.zeroPoint)};`,
      `${to} = clamped(${plus(`multiplied(value, ${either('multiplier')}, ${either('shift')})`, output.zeroPoint)}, -128, 127);`,
    ];
  };
  return {
    comment: `${kind}${shapesText([x], y)}`,
    inputs: ['x'],
    inPlace: true,
    constants: isClamp || slope !== undefined ? [] : [{ role: 'table', name: `${output.name}/table`, data: table }],
    body: each(indexType, [x, y], ([one = '', to = '']) => code(`x[${one}]`, `y[${to}]`)),
    helpers: isClamp ? ['clamped'] : slope === undefined ? [] : ['multiplied', 'clamped'],
  };
}
