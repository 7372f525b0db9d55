import type { Gpu, Value } from 'paredown';
import type { SelfTest } from './types.ts';

type Operations = Pick<typeof import('paredown/node'), 'runOp' | 'referenceOp'>;

/** Sums of so many products in float32 differ from float64 by less than this share of the largest. */
const BOUND = 1e-5;

/** A convolution on the adapter and, in float64, on the processor. */
export async function selfTest(gpu: Gpu, { runOp, referenceOp }: Operations): Promise<SelfTest> {
  const inputs = { x: waves([2, 16, 16, 8], 1), filter: waves([3, 3, 8, 16], 2), bias: waves([16], 3) };
  const expected = referenceOp('conv2d', inputs, { padding: 'same' }).data;
  const started = performance.now();
  const found = (await runOp(gpu, 'conv2d', inputs, { padding: 'same' })).data;
  const milliseconds = performance.now() - started;
  const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  // NaN where one is: then it does not work.
  const difference =
    expected.reduce((most, value, index) => Math.max(most, Math.abs(value - (found[index] ?? Number.NaN))), 0) / largest;
  return { works: difference < BOUND, difference, milliseconds };
}

function waves(shape: readonly number[], phase: number): Value {
  const length = shape.reduce((product, size) => product * size, 1);
  return { shape, data: Float32Array.from({ length }, (_, index) => Math.sin(phase + 0.37 * index)) };
}
