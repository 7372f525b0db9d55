import { type ActivationKind, definitionOf } from '../../src/core/activations/registry.ts';
import { references } from '../../src/reference/index.ts';
import type { Attributes, Reference, Tensor64 } from '../../src/reference/reference.ts';
import { at, numberAttribute, rowsOf } from '../../src/reference/tensor.ts';
import { type Bound, type Expectation, errorAt, exact, expectation, stored } from './expectation.ts';
import { DIVISION, exponential, storing, sumError, TANH, TINY, UNIT } from './rounding.ts';

/** The bounds of y = f(z) and of dz = dy f'(z) where z itself is known within z.error: after a convolution, say. */
export interface ActivationBound {
  output(z: Expectation, attributes: Attributes): Expectation;
  gradient(z: Expectation, outputGradient: Tensor64, attributes: Attributes): Expectation;
}

/** The bound of an activation as an operation: its input is exact. */
export function asOperation(bound: ActivationBound): Bound {
  return {
    output: (inputs, attributes) => stored(bound.output(exact(inputs.x as Tensor64), attributes)),
    gradients: (inputs, outputGradient, attributes) => ({
      x: stored(bound.gradient(exact(inputs.x as Tensor64), outputGradient, attributes)),
    }),
  };
}

/** f acts on each element alone. `output` and `gradient` give the error from z, its error, and y or dy. */
function elementwise(
  name: string,
  output: (z: number, error: number, y: number, attributes: Attributes) => number,
  gradient: (z: number, error: number, dy: number, y: number, attributes: Attributes) => number,
): ActivationBound {
  const reference = references[name] as Reference;
  return {
    output(z, attributes) {
      const y = reference.forward({ x: z }, attributes);
      return expectation(y, (value, i) => output(at(z.data, i), errorAt(z, i), value, attributes));
    },
    gradient(z, outputGradient, attributes) {
      const y = reference.forward({ x: z }, attributes);
      const dz = reference.gradient({ x: z }, outputGradient, attributes).x as Tensor64;
      return expectation(dz, (_, i) =>
        gradient(at(z.data, i), errorAt(z, i), at(outputGradient.data, i), at(y.data, i), attributes),
      );
    },
  };
}

/** A kernel may see the other side of a kink only where z is inexact, or f(z) as it is stored, and within its error of it. */
function kinkUncertain(z: number, error: number, kink = 0): boolean {
  const whole = error + storing(z, error);
  return whole > 0 && Math.abs(z - kink) <= whole;
}

const linear: ActivationBound = { output: (z) => z, gradient: (_z, outputGradient) => exact(outputGradient) };

const relu = elementwise(
  'relu',
  (_z, error) => error,
  (z, error, dy) => (kinkUncertain(z, error) ? Math.abs(dy) : 0),
);

/** Three roundings where the slope acts: of the slope to float32, of the product, and one to spare. */
const leakyRelu = elementwise(
  'leakyRelu',
  (z, error, y, attributes) => Math.max(1, Math.abs(slopeOf(attributes))) * error + (z > 0 ? 0 : 3 * UNIT * Math.abs(y)),
  (z, error, dy, _y, attributes) =>
    kinkUncertain(z, error)
      ? Math.abs(dy) * (Math.abs(1 - slopeOf(attributes)) + 3 * UNIT)
      : z > 0
        ? 0
        : 3 * UNIT * Math.abs(slopeOf(attributes) * dy),
);

function slopeOf(attributes: Attributes): number {
  return numberAttribute('leakyRelu', attributes, 'slope', 0.01);
}

/**
 * y = 1 / (1 + e), e = exp(-z): e's relative error counts by e / (1 + e) = 1 - y, then an addition and a division. The slope of the
 * sigmoid is y (1 - y), and grows by at most 0.1 (the largest |f''|) for each unit of z. A kernel may clamp its argument where
 * y < 1e-30.
 */
function sigmoidError(z: number, error: number, y: number): number {
  return (y * (1 - y) + 0.1 * error) * error + y * ((1 - y) * exponential(z) + 2 * UNIT + DIVISION) + 1e-30;
}

/** dz = dy y (1 - y) from the rounded y: |1 - 2y| of its error, and three roundings. */
const sigmoid = elementwise('sigmoid', sigmoidError, (z, error, dy, y) => {
  const computed = sigmoidError(z, error, y);
  const yError = computed + storing(y, computed);
  return Math.abs(dy) * ((Math.abs(1 - 2 * y) + yError) * yError + 3 * UNIT * y * (1 - y));
});

/** The slope of tanh is 1 - y^2, and grows by at most 0.77 (the largest |f''|) for each unit of z. */
function tanhError(_z: number, error: number, y: number): number {
  return (1 - y * y + 0.77 * error) * error + TANH;
}

/** dz = dy (1 - y^2) from the rounded y: |2y| of its error, and three roundings of terms of at most 1. */
const tanh = elementwise('tanh', tanhError, (z, error, dy, y) => {
  const computed = tanhError(z, error, y);
  const yError = computed + storing(y, computed);
  return Math.abs(dy) * ((2 * Math.abs(y) + yError) * yError + 3 * UNIT);
});

/** exp(z) - 1 is exp's error and a rounding of the result; the series near 0 has at most 16 roundings of numbers no larger than it. */
function eluError(z: number, error: number, y: number): number {
  if (z > error) return error;
  return error + Math.max(Math.exp(z) * exponential(z) + UNIT * Math.abs(y), z > -0.5 ? 16 * UNIT * Math.abs(y) : 0) + TINY;
}

/** dz = dy (y + 1) from the rounded y where that is not positive. */
const elu = elementwise('elu', eluError, (z, error, dy, y) => {
  if (z > error + storing(z, error)) return 0;
  const computed = eluError(z, error, y);
  return Math.abs(dy) * (computed + storing(y, computed) + 2 * UNIT) + TINY;
});

/** Nothing but the error of z passes, nowhere enlarged. */
const relu6 = elementwise(
  'relu6',
  (_z, error) => error,
  (z, error, dy) => (kinkUncertain(z, error) || kinkUncertain(z, error, 6) ? Math.abs(dy) : 0),
);

/** z / 6, a division, and a sum of at most 1. */
function hardSigmoidError(z: number, error: number): number {
  return error / 6 + (Math.abs(z) < 3 + error ? DIVISION / 2 + UNIT : 0);
}

/** dz = dy / 6 from the rounded y, which must not be taken for 0 or 1, nor these for it. */
const hardSigmoid = elementwise('hardSigmoid', hardSigmoidError, (z, error, dy, y) => {
  const computed = hardSigmoidError(z, error);
  const reach = 6 * (computed + storing(y, computed));
  const uncertain = [-3, 3].some((kink) => Math.abs(z - kink) <= reach && (Math.abs(z) < 3 || error > 0));
  return (Math.abs(dy) / 6) * (uncertain ? 1 : DIVISION);
});

/** The slope is at most 3/2. Between the kinks z (z / 6 + 1 / 2) is a division, a sum of at most 1 and a product. */
const hardSwish = elementwise(
  'hardSwish',
  (z, error, y) => 1.5 * error + (Math.abs(z) < 3 + error ? 3 * (DIVISION / 2 + UNIT) + UNIT * Math.abs(y) : 0),
  (z, error, dy) =>
    Math.abs(dy) *
    (error / 3 +
      (Math.abs(z) < 3 + error ? DIVISION + 3 * UNIT : 0) +
      (error > 0 && [-3, 3].some((kink) => Math.abs(z - kink) <= error) ? 0.5 : 0)),
);

/**
 * The relative error of Phi(-|z|) as shaders/activation/gelu.wgsl has it: 1.2e-7 of the approximation; its argument's, of about 1.5 in
 * 10 steps of Horner's rule and z^2 / 2 from a rounded z / sqrt 2, is below (50 + 3 z^2) UNIT; exp's (12 + 2 z^2) UNIT; factors'.
 */
function tailError(z: number): number {
  return 1.2e-7 + (70 + 5 * z * z) * UNIT;
}

/** Phi(z): the tail's error, and where it is taken from 1 a rounding. The tail is below exp(-z^2 / 2) / 2. */
function normalError(z: number): number {
  return (Math.exp((-z * z) / 2) / 2) * tailError(z) + (z > 0 ? UNIT : 0) + TINY;
}

/** The slope of gelu is at most 1.13, and changes by at most 0.8 for each unit of z. Beyond 20 nothing is left to be computed. */
const gelu = elementwise(
  'gelu',
  (z, error, y) => 1.13 * error + Math.min(Math.abs(z), 21) * normalError(z) + 2 * UNIT * Math.abs(y) + TINY,
  (z, error, dy) => {
    const density = Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
    const product = Math.min(Math.abs(z), 21) * density * (exponential((z * z) / 2) + (z * z + 5) * UNIT);
    return Math.abs(dy) * (0.8 * error + normalError(z) + (z * z < 500 ? product : 0) + 3 * UNIT + 40 * TINY);
  },
);

/** The relative error of 1 / (1 + exp(-z)), of whose e-th part exp's error counts; a kernel may clamp z at 120. */
function logisticError(z: number): number {
  return (1 / (1 + Math.exp(z))) * exponential(Math.min(Math.abs(z), 120)) + 2 * UNIT + DIVISION;
}

/** The slope of silu is at most 1.1, and changes by at most 0.5 for each unit of z. */
const silu = elementwise(
  'silu',
  (z, error, y) => 1.1 * error + Math.abs(y) * (logisticError(z) + UNIT) + 120 * TINY,
  (z, error, dy) => {
    const s = 1 / (1 + Math.exp(-z));
    const product = Math.min(Math.abs(z), 120) / (1 + Math.exp(z));
    const relative = logisticError(z) + (product / (1 + product)) * (logisticError(-z) + UNIT) + 3 * UNIT;
    // Where the terms have opposite signs they cancel: the errors are those of their magnitudes.
    return Math.abs(dy) * (0.5 * error + s * (1 + product) * relative + 240 * TINY);
  },
);

/**
 * y_j = e_j / sum e, e_j = exp(d_j), d_j = z_j - max z. The relative error r_j of e_j: that of exp, and the absolute error of d_j,
 * which is a rounding and the errors of z_j and of the maximum. The sum's is the e-weighted mean of the r_j and its own roundings.
 */
function softmaxErrors(z: Expectation, y: Tensor64): Float64Array {
  const [rows, width] = rowsOf('softmax', z);
  const errors = new Float64Array(y.data.length);
  for (let row = 0; row < rows; row++) {
    const indices = Array.from({ length: width }, (_, j) => row * width + j);
    const largest = Math.max(...indices.map((i) => at(z.data, i)));
    const largestError = Math.max(...indices.map((i) => errorAt(z, i)));
    const relative = (i: number) => {
      const d = at(z.data, i) - largest;
      return exponential(d) + UNIT * Math.abs(d) + errorAt(z, i) + largestError;
    };
    const ofSum = indices.reduce((sum, i) => sum + at(y.data, i) * relative(i), 0) + sumError(width);
    for (const i of indices) errors[i] = at(y.data, i) * (relative(i) + ofSum + DIVISION) + TINY;
  }
  return errors;
}

const softmax: ActivationBound = {
  output(z) {
    const y = (references.softmax as Reference).forward({ x: z }, {});
    return { ...y, error: softmaxErrors(z, y) };
  },
  /** dz_j = y_j t_j, t_j = dy_j - s, s = sum dy_i y_i: the errors of y, of the sum, of the difference and of the product. */
  gradient(z, outputGradient) {
    const { data: y, error: yError } = stored(softmax.output(z, {}));
    const dz = (references.softmax as Reference).gradient({ x: z }, outputGradient, {}).x as Tensor64;
    const [, width] = rowsOf('softmax', z);
    return expectation(dz, (_, i) => {
      const first = i - (i % width);
      let s = 0;
      let sError = 0;
      for (let j = first; j < first + width; j++) {
        const dy = at(outputGradient.data, j);
        s += dy * at(y, j);
        sError += Math.abs(dy) * (at(yError, j) + sumError(width) * at(y, j));
      }
      const t = Math.abs(at(outputGradient.data, i) - s);
      return at(y, i) * (sError + 2 * UNIT * t) + (t + sError) * at(yError, i);
    });
  },
};

const elementwiseBounds: Readonly<Record<ActivationKind, ActivationBound>> = {
  relu,
  leakyRelu,
  sigmoid,
  tanh,
  elu,
  gelu,
  silu,
  hardSwish,
  hardSigmoid,
  relu6,
};

export const activationBounds = { ...elementwiseBounds, softmax };

/** The bound of the attribute `activation` of conv2d and dense, the activation's own attributes, and whether it reads z from memory. */
export function fusedActivation(attributes: Attributes): { bound: ActivationBound; options: Attributes; separate: boolean } {
  const activation = attributes.activation;
  if (activation === undefined) return { bound: linear, options: {}, separate: false };
  const options = (typeof activation === 'object' ? activation : { type: activation }) as Attributes;
  const kind = options.type as ActivationKind | 'softmax';
  const separate = kind === 'softmax' || definitionOf(kind).derivativeFrom === 'input';
  return { bound: activationBounds[kind], options, separate };
}
