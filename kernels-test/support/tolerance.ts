import { elements, type Value } from '../../src/core/value.ts';
import { references, toTensor64, toTensors } from '../../src/reference/index.ts';
import type { Reference } from '../../src/reference/reference.ts';
import { at } from '../../src/reference/tensor.ts';
import type { Case } from '../cases/index.ts';
import { activationBounds, asOperation } from './activation-bounds.ts';
import { arithmeticBounds } from './arithmetic-bounds.ts';
import { type Bound, type Expectation, exact, mapRecord } from './expectation.ts';
import {
  avgPool2d,
  conv2d,
  conv2dTranspose,
  dense,
  globalAvgPool2d,
  globalMaxPool2d,
  matmul,
  maxPool2d,
} from './linear-bounds.ts';
import { binaryCrossEntropy, meanSquaredError, softmaxCrossEntropy } from './loss-bounds.ts';
import { batchNorm, dropout, layerNorm } from './normalisation-bounds.ts';

export type { Expectation } from './expectation.ts';

/** Whatever is only moved comes out exact. */
const concat: Bound = {
  output: (inputs) => exact((references.concat as Reference).forward(inputs, {})),
  gradients: (inputs, outputGradient) => mapRecord((references.concat as Reference).gradient(inputs, outputGradient, {}), exact),
};

const bounds: Readonly<Record<string, Bound>> = {
  conv2d,
  conv2dTranspose,
  dense,
  matmul,
  maxPool2d,
  globalMaxPool2d,
  avgPool2d,
  globalAvgPool2d,
  concat,
  batchNorm,
  layerNorm,
  dropout,
  softmaxCrossEntropy,
  meanSquaredError,
  binaryCrossEntropy,
  ...arithmeticBounds,
  ...mapRecord(activationBounds, asOperation),
};

/** What the reference gives for a case, with the error that float32 arithmetic may add to each element. */
export function expectedOutput({ op, inputs, attributes }: Case): Expectation {
  return boundOf(op).output(toTensors(op, inputs), attributes);
}

/** The same for the gradient of each differentiable input. */
export function expectedGradients({ op, inputs, attributes }: Case, outputGradient: Value): Record<string, Expectation> {
  return boundOf(op).gradients(toTensors(op, inputs), toTensor64(outputGradient), attributes);
}

/** Undefined where `got` is as expected; else the shape that is wrong, or how many elements are, and the worst of them. */
export function compare(what: string, got: Value | undefined, expected: Expectation): string | undefined {
  if (!got) return `${what}: there is none`;
  if (got.shape.join() !== expected.shape.join() || got.data.length !== expected.data.length)
    return `${what}: shape [${got.shape.join(', ')}] with ${got.data.length} elements, expected [${expected.shape.join(', ')}]`;
  let wrong = 0;
  let worst = -1;
  let worstExcess = -1;
  got.data.forEach((value, i) => {
    const difference = Math.abs(value - at(expected.data, i));
    const bound = at(expected.error, i);
    if (difference <= bound) return;
    wrong++;
    const excess = Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference - bound;
    if (excess <= worstExcess) return;
    worst = i;
    worstExcess = excess;
  });
  if (wrong === 0) return undefined;
  const index = coordinates(worst, got.shape);
  return (
    `${what}: ${wrong} of ${got.data.length} elements are wrong, the worst at [${index.join(', ')}]: ` +
    `expected ${at(expected.data, worst)}, got ${got.data[worst]}, bound ${at(expected.error, worst)}`
  );
}

function boundOf(op: string): Bound {
  const bound = bounds[op];
  if (!bound) throw new Error(`kernels-test/support/tolerance.ts has no error bound for the operation ${op}`);
  return bound;
}

function coordinates(index: number, shape: readonly number[]): number[] {
  let rest = index;
  return shape.map((_, axis) => {
    const inner = elements(shape.slice(axis + 1));
    const coordinate = Math.floor(rest / inner);
    rest %= inner;
    return coordinate;
  });
}
