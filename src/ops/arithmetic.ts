import { ShapeError } from '../core/errors.ts';
import { formatShape, sameShape } from '../core/value.ts';
import type { Tensor } from '../graph/tensor.ts';
import type { Calculation } from '../kernels/arithmetic.ts';
import { calculated } from './calculation.ts';
import { added, product, scaled } from './elementwise.ts';

/** Both are broadcast. */
export interface BinaryInputs {
  readonly a: Tensor;
  readonly b: Tensor;
}

export function add(inputs: BinaryInputs): Tensor {
  const { a, b } = inputs;
  return sameShape(a.shape, b.shape) ? added(a, b) : calculated('add', 'add', { a, b });
}

export function multiply(inputs: BinaryInputs): Tensor {
  const { a, b } = inputs;
  return sameShape(a.shape, b.shape) ? product(a, b) : calculated('multiply', 'multiply', { a, b });
}

const binary =
  (calculation: Calculation) =>
  (inputs: BinaryInputs): Tensor =>
    calculated(calculation, calculation, { a: inputs.a, b: inputs.b });

export const subtract = /* @__PURE__ */ binary('subtract');
export const divide = /* @__PURE__ */ binary('divide');
export const maximum = /* @__PURE__ */ binary('maximum');
export const minimum = /* @__PURE__ */ binary('minimum');

const unary =
  (calculation: Calculation) =>
  (inputs: { x: Tensor }): Tensor =>
    calculated(calculation, calculation, { a: inputs.x });

export const exp = /* @__PURE__ */ unary('exp');
export const log = /* @__PURE__ */ unary('log');
export const sqrt = /* @__PURE__ */ unary('sqrt');
export const abs = /* @__PURE__ */ unary('abs');

export function negative(inputs: { x: Tensor }): Tensor {
  return scaled(inputs.x, -1);
}

/** x where positive, else slope x, with a slope for each channel or one for all. */
export function prelu(inputs: { x: Tensor; slope: Tensor }): Tensor {
  const { x, slope } = inputs;
  const channels = x.shape.at(-1) ?? 1;
  if (!sameShape(slope.shape, [channels]) && !sameShape(slope.shape, [1]) && slope.shape.length > 0)
    throw new ShapeError(
      `prelu: 'slope' must be ${formatShape([channels])}, or [1] or [] for one slope, for 'x' ${formatShape(x.shape)}, got ${formatShape(slope.shape)}`,
    );
  return calculated('prelu', 'prelu', { a: x, b: slope });
}
