import { elements, type Shape } from '../core/value.ts';
import { isDataset } from '../data/dataset.ts';

/** What to do about what is given to `predict` in place of a value: a data set, or numbers without a shape. */
export function howToPredict(x: unknown, sample: Shape): string | undefined {
  if (isDataset(x)) return 'write evaluate(data) for how well the model does on a data set; predict takes inputs alone';
  if (!isNumbers(x)) return undefined;
  const count = x.length / elements(sample);
  const shape = [Number.isInteger(count) && count > 0 ? count : 'N', ...sample].join(', ');
  if (x instanceof Float32Array) return `write predict({ shape: [${shape}], data })`;
  const pixels = ArrayBuffer.isView(x) && !(x instanceof Float64Array);
  return (
    `write predict({ shape: [${shape}], data: Float32Array.from(data${pixels ? ', (v) => v * scale + offset' : ''}) })` +
    (pixels ? ', with the scale (1 / 255 for bytes) and offset of the data set it was trained on' : '')
  );
}

function isNumbers(x: unknown): x is ArrayLike<number> {
  if (Array.isArray(x)) return x.every((part) => typeof part === 'number');
  return ArrayBuffer.isView(x) && 'length' in x;
}
