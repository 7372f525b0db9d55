import { elements } from '../core/value.ts';
import { type Dataset, dataset } from './dataset.ts';

/** These samples of a data set, in this order; copies. */
export function pick(data: Dataset, indices: readonly number[], split: string): Dataset {
  const { x, y, inputShape, targetShape = [], classes = 0, teacherLogits, ...rest } = data;
  return dataset({
    ...rest,
    split,
    size: indices.length,
    inputShape,
    x: rows(x, elements(inputShape), indices),
    y: rows(y, elements(targetShape), indices),
    ...(data.classes !== undefined && { classes }),
    ...(data.targetShape && { targetShape }),
    ...(teacherLogits && { teacherLogits: rows(teacherLogits, classes, indices) }),
  });
}

function rows<T extends Uint8Array | Int32Array | Float32Array>(array: T, width: number, indices: readonly number[]): T {
  const picked = array.slice(0, indices.length * width) as T;
  for (const [row, index] of indices.entries()) picked.set(array.subarray(index * width, (index + 1) * width), row * width);
  return picked;
}
