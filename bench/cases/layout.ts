import type { View } from '../../src/kernels/view.ts';
import { NO_DATA_SET } from '../../src/plan/state.ts';
import type { Contents } from './case.ts';

/** Bound where an operand is absent. */
export const NOTHING: Contents = new Float32Array(64);

/** Seed and step of the training state that the benchmarks bind: what dropout draws from. */
export const SEED = 7;
export const STEP = 3;
export const LEARNING_RATE = 1 / 1024;

/** The training state of one replica, on no data set where none is given, as shaders/lib/state.wgsl lays it out. */
export function stateWords({ samples, batch }: { samples: number; batch: number } = NO_DATA_SET): Contents {
  const words = new Uint32Array(16);
  words.set([STEP, samples, batch, Math.ceil(samples / batch), 0]);
  words[8] = SEED;
  new Float32Array(words.buffer)[9] = LEARNING_RATE;
  return words;
}

/** Memory that a kernel has yet to write: NaN, so that what it leaves out is seen. */
export function unwritten(length: number): Float32Array<ArrayBuffer> {
  return new Float32Array(length).fill(Number.NaN);
}

/** Lays rows out as a view has them; NaN in between, which a kernel must not read. */
export function placed(view: View, data: ArrayLike<number>): Float32Array<ArrayBuffer> {
  const memory = unwritten(viewLength(view));
  for (let row = 0; row < view.rows; row++)
    for (let i = 0; i < view.channels; i++)
      memory[view.offset + row * view.rowStride + i] = data[row * view.channels + i] as number;
  return memory;
}

/** The rows of a view, out of the memory that it lies in. */
export function taken(view: View, memory: ArrayBuffer | undefined): Float32Array {
  const all = new Float32Array(memory ?? new ArrayBuffer(0));
  const rows = new Float32Array(view.rows * view.channels);
  for (let row = 0; row < view.rows; row++) {
    const at = view.offset + row * view.rowStride;
    rows.set(all.subarray(at, at + view.channels), row * view.channels);
  }
  return rows;
}

/** Elements of one replica of what a view lies in. */
export function viewLength(view: View): number {
  return Math.max(view.replicaStride, view.offset + (view.rows - 1) * view.rowStride + view.channels);
}

export function viewElements(view: View | undefined): number {
  return view ? view.rows * view.channels : 0;
}

export function single(data: ArrayLike<number>): Float32Array<ArrayBuffer> {
  return Float32Array.from(data);
}

/** Adds partial results, `part` elements apart, in order and in float32, as their reader does. */
export function sumParts(memory: ArrayBuffer | undefined, splits: number, part: number, length: number): Float32Array {
  const parts = new Float32Array(memory ?? new ArrayBuffer(0));
  const sum = new Float32Array(length);
  for (let s = 0; s < splits; s++)
    for (let i = 0; i < length; i++) sum[i] = (sum[i] as number) + (parts[s * part + i] ?? Number.NaN);
  return sum;
}
