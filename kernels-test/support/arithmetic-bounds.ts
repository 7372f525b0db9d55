import { elements } from '../../src/core/value.ts';
import { references } from '../../src/reference/index.ts';
import type { Attributes, Reference, Tensor64, Tensors64 } from '../../src/reference/reference.ts';
import { at } from '../../src/reference/tensor.ts';
import { absolute, type Bound, type Expectation, exact, expectation, mapRecord, stored } from './expectation.ts';
import {
  DIVISION,
  errorOfSum,
  exponential,
  logarithm,
  quantumOf,
  RECIPROCAL_SQUARE_ROOT,
  storing,
  sumError,
  TINY,
  UNIT,
} from './rounding.ts';

/** Relative errors of an operation's result and of a term of each input's gradient. */
interface Relative {
  readonly output: number;
  readonly gradients: readonly [number, number];
}

/**
 * A binary operation: the gradient of an input that is broadcast is a sum over its copies. The magnitude of such a sum is the same
 * gradient of absolute values; where the operation compares its inputs (`compares`), of these as they are.
 */
function binary(op: string, { output, gradients: [left, right] }: Relative, compares = false): Bound {
  const reference = references[op] as Reference;
  return {
    output: (inputs) =>
      stored(expectation(reference.forward(inputs, {}), (value) => output * Math.abs(value) + (output > UNIT ? TINY : 0))),
    gradients(inputs, outputGradient) {
      const magnitudes = reference.gradient(compares ? inputs : mapRecord(inputs, absolute), absolute(outputGradient), {});
      const names = Object.keys(inputs);
      return mapRecord(reference.gradient(inputs, outputGradient, {}), (gradient, name) => {
        const relative = name === names[0] ? left : right;
        const copies = outputGradient.data.length / gradient.data.length;
        return stored(
          expectation(gradient, (_, i) => {
            const magnitude = Math.abs(at((magnitudes[name] ?? gradient).data, i));
            return copies > 1
              ? (relative + sumError(copies)) * magnitude + TINY
              : relative * magnitude + (relative > UNIT ? TINY : 0);
          }),
        );
      });
    },
  };
}

const rounded: Relative = { output: UNIT, gradients: [UNIT, UNIT] };

/** An operation on each element alone: absolute errors of the result y and of its gradient dx. */
function unary(
  op: string,
  output: (x: number, y: number) => number,
  gradient: (x: number, dx: number, dy: number, y: number) => number,
): Bound {
  const reference = references[op] as Reference;
  return {
    output: (inputs) => {
      const { data } = inputs.x as Tensor64;
      return stored(expectation(reference.forward(inputs, {}), (y, i) => output(at(data, i), y)));
    },
    gradients(inputs, outputGradient) {
      const { data } = inputs.x as Tensor64;
      const y = reference.forward(inputs, {});
      return mapRecord(reference.gradient(inputs, outputGradient, {}), (tensor) =>
        stored(expectation(tensor, (dx, i) => gradient(at(data, i), dx, at(outputGradient.data, i), at(y.data, i)))),
      );
    },
  };
}

const none = () => 0;

/** dy y from the rounded and stored y. */
function expGradient(x: number, dx: number, dy: number, y: number): number {
  const error = exponential(x) * y + TINY;
  return UNIT * Math.abs(dx) + Math.abs(dy) * (error + storing(y, error));
}

/** dy / y / 2 from the rounded and stored y, whose relative error counts once and, being small, its square hardly. */
function sqrtGradient(_x: number, dx: number, _dy: number, y: number): number {
  const error = RECIPROCAL_SQUARE_ROOT * y;
  return Math.abs(dx) * (1.01 * ((error + storing(y, error)) / y) + DIVISION + UNIT) + TINY;
}

/** A sum over axes, or a mean, which has the roundings of the factor and of the product besides. */
function reduction(op: 'sum' | 'mean'): Bound {
  const reference = references[op] as Reference;
  const scaling = op === 'mean' ? 2 * UNIT : 0;
  return {
    output(inputs, attributes) {
      const x = inputs.x as Tensor64;
      const magnitude = reference.forward({ x: absolute(x) }, attributes);
      const count = x.data.length / magnitude.data.length;
      const terms = count > 1 ? sumError(count) : 0;
      return stored(
        expectation(reference.forward(inputs, attributes), (_, i) => (terms + scaling) * at(magnitude.data, i) + scaling * TINY),
      );
    },
    gradients: (inputs, outputGradient, attributes) =>
      mapRecord(reference.gradient(inputs, outputGradient, attributes), (gradient) =>
        stored(expectation(gradient, (value) => scaling * Math.abs(value))),
      ),
  };
}

/** Whatever is only moved comes out exact. */
function moved(op: string): Bound {
  const reference = references[op] as Reference;
  return {
    output: (inputs, attributes) => exact(reference.forward(inputs, attributes)),
    gradients: (inputs, outputGradient, attributes) => mapRecord(reference.gradient(inputs, outputGradient, attributes), exact),
  };
}

/** Each row takes the gradients of all that were gathered from it, at most as many as there are indices. */
const gather: Bound = {
  ...moved('gather'),
  gradients(inputs, outputGradient, attributes) {
    const reference = references.gather as Reference;
    const magnitude = reference.gradient(inputs, absolute(outputGradient), attributes).x as Tensor64;
    const quantum = quantumOf(outputGradient.data);
    const count = (inputs.indices as Tensor64).data.length;
    return mapRecord(reference.gradient(inputs, outputGradient, attributes), (gradient) =>
      stored(expectation(gradient, (_, i) => errorOfSum(count, at(magnitude.data, i), quantum))),
    );
  },
};

/** The gradient of what is repeated is a sum. */
function repeated(op: string): Bound {
  const reference = references[op] as Reference;
  return {
    ...moved(op),
    gradients(inputs: Tensors64, outputGradient: Tensor64, attributes: Attributes): Record<string, Expectation> {
      const magnitude = reference.gradient(inputs, absolute(outputGradient), attributes).x as Tensor64;
      const copies = elements(outputGradient.shape) / elements(magnitude.shape);
      const quantum = quantumOf(outputGradient.data);
      return mapRecord(reference.gradient(inputs, outputGradient, attributes), (gradient) =>
        stored(expectation(gradient, (_, i) => errorOfSum(copies, at(magnitude.data, i), quantum))),
      );
    },
  };
}

export const arithmeticBounds: Readonly<Record<string, Bound>> = {
  add: binary('add', { output: UNIT, gradients: [0, 0] }),
  subtract: binary('subtract', { output: UNIT, gradients: [0, 0] }),
  multiply: binary('multiply', rounded),
  /** db is a product of two quotients. */
  divide: binary('divide', { output: DIVISION, gradients: [DIVISION, 2 * DIVISION + UNIT] }),
  maximum: binary('maximum', { output: 0, gradients: [0, 0] }, true),
  minimum: binary('minimum', { output: 0, gradients: [0, 0] }, true),
  prelu: binary('prelu', rounded, true),
  negative: unary('negative', none, none),
  exp: unary('exp', (x, y) => exponential(x) * y + TINY, expGradient),
  log: unary(
    'log',
    (_x, y) => logarithm(y),
    (_x, dx) => DIVISION * Math.abs(dx) + TINY,
  ),
  sqrt: unary('sqrt', (_x, y) => RECIPROCAL_SQUARE_ROOT * y, sqrtGradient),
  abs: unary('abs', none, none),
  sum: reduction('sum'),
  mean: reduction('mean'),
  transpose: moved('transpose'),
  upsample2d: repeated('upsample2d'),
  gather,
};
