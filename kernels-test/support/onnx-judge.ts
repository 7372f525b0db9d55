import * as ort from 'onnxruntime-web';
import { decodeOnnx, type Model, type Value, type Weights } from '../../src/node.ts';
import { difference, inference64 } from './inference64.ts';
import { elements, noise } from './onnx-graph.ts';

ort.env.wasm.numThreads = 1;
ort.env.logLevel = 'error';

/** How a file has the axes of its images. */
export type Order = 'channels first' | 'channels last';

/** What onnxruntime makes of the file for an input of these numbers. */
export async function runOnnx(bytes: Uint8Array, x: Value): Promise<Value> {
  const session = await ort.InferenceSession.create(bytes, { graphOptimizationLevel: 'disabled' });
  try {
    const [name = ''] = session.inputNames;
    const [output = ''] = session.outputNames;
    const found = (await session.run({ [name]: new ort.Tensor('float32', x.data, x.shape) }))[output];
    if (!found) throw new Error('There is no output');
    return { shape: found.dims, data: found.data as Float32Array };
  } finally {
    await session.release();
  }
}

/** Numbers for the input of a file, [N, ...]. */
export function inputValue(shape: readonly number[], seed = 1): Value {
  return { shape, data: Float32Array.from(noise(elements(shape), seed)) };
}

/** [N, C, H, W] as ours, [N, H, W, C]; vectors and images with the channels last as they are. */
export function ours({ shape, data }: Value, order: Order = 'channels first'): Value {
  const [n = 1, c = 1, h = 1, w = 1] = shape;
  if (shape.length === 3) return { shape: [...shape, 1], data };
  if (shape.length !== 4 || order === 'channels last') return { shape, data };
  const turned = new Float32Array(data.length);
  for (let i = 0; i < n; i++)
    for (let channel = 0; channel < c; channel++)
      for (let pixel = 0; pixel < h * w; pixel++)
        turned[(i * h * w + pixel) * c + channel] = data[(i * c + channel) * h * w + pixel] ?? Number.NaN;
  return { shape: [n, h, w, c], data: turned };
}

/** What a model of ours gives, in float64. */
export function runReference(m: Model, weights: Weights, x: Value): Value {
  const { shape, data } = inference64(m, weights, x);
  return { shape, data: Float32Array.from(data) };
}

export interface Judged {
  readonly model: Model;
  readonly weights: Weights;
  /** The largest difference to onnxruntime, relative to the largest output. */
  readonly apart: number;
}

/** Reads the file, and runs it in onnxruntime and by the reference operations. `shape`: of the file's input, the batch first. */
export async function judged(bytes: Uint8Array, shape: readonly number[], order: Order = 'channels first'): Promise<Judged> {
  const x = inputValue(shape);
  const { model, weights } = decodeOnnx(bytes);
  const expected = await runOnnx(bytes, x);
  return { model, weights, apart: difference(ours(expected, order), runReference(model, weights, ours(x, order))) };
}
