/**
 * How often other runtimes find another class than `evaluate` in a network of integers, and how many of the outputs differ: two networks,
 * trained for a moment on MNIST and quantised after it, over all its test images.
 */
import { browserToTest } from '../kernels-test/support/browsers.ts';
import { onnxNetwork } from '../kernels-test/support/onnx-runtime.ts';
import { TFLITE_RUNTIMES, TfliteJudge } from '../kernels-test/support/tflite-runtimes.ts';
import { textTable } from '../src/core/text-table.ts';
import {
  adam,
  conv2d,
  type Dataset,
  dense,
  encodeOnnx,
  encodeTflite,
  flatten,
  type Gpu,
  type Model,
  maxPool2d,
  mnist,
  model,
  openGpu,
  predictor,
  type QuantizedModel,
  quantize,
  trainer,
  type Value,
  zoo,
} from '../src/node.ts';
import { integerGraph } from '../src/quantize/lower.ts';
import { parsed, positiveInteger } from './common/arguments.ts';

const USAGE = `Usage: npm run bench:integers -- [--images N] [--seed N]
  --images N  of the test images [all]
  --seed N    of the trainings [1]
`;

/** Images at a time: a page of Chromium gets them as JSON. */
const AT_ONCE = 500;

const NETWORKS: Readonly<Record<string, Model>> = {
  ReLU: model(
    [28, 28, 1],
    [conv2d(8, 3, { strides: 2, activation: 'relu' }), conv2d(8, 3, { activation: 'relu' }), maxPool2d(2), flatten(), dense(10)],
  ),
  'LeakyReLU: nahhas/proposed': zoo['nahhas/proposed'] as Model,
};

async function trained(gpu: Gpu, m: Model, train: Dataset, seed: number): Promise<QuantizedModel> {
  const steps = Math.round((3 * train.size) / 100);
  const training = await trainer(gpu, m, {
    ...{ batch: 100, optimizer: adam({ learningRate: 0.005 }), seed },
    schedule: { type: 'cosine', steps },
  });
  for await (const _ of training.fit(train, { steps }));
  const weights = await training.weights();
  await training.destroy();
  return quantize(gpu, m, weights, { calibration: train });
}

/** The outputs of all images, in steps of their scale. */
type Outputs = Float64Array;

async function outputsOf(x: Value, scale: number, run: (x: Value) => Promise<Value>): Promise<Outputs> {
  const [count = 0, ...sample] = x.shape;
  const size = sample.reduce((product, axis) => product * axis, 1);
  const outputs: number[] = [];
  for (let first = 0; first < count; first += AT_ONCE) {
    const rows = Math.min(AT_ONCE, count - first);
    const part = { shape: [rows, ...sample], data: x.data.slice(first * size, (first + rows) * size) };
    for (const value of (await run(part)).data) outputs.push(Math.round(value / scale));
  }
  return Float64Array.from(outputs);
}

function classesOf(outputs: Outputs, classes: number): number[] {
  return Array.from({ length: outputs.length / classes }, (_, n) => {
    const row = Array.from(outputs.subarray(n * classes, (n + 1) * classes));
    return row.indexOf(Math.max(...row));
  });
}

const values = parsed(process.argv.slice(2), 'npm run bench:integers', {
  images: { type: 'string', default: '10000' },
  seed: { type: 'string', default: '1' },
  help: { type: 'boolean', default: false },
});
if (values.help) process.stdout.write(USAGE);
else await compare(positiveInteger('--images', values.images), positiveInteger('--seed', values.seed));

async function compare(images: number, seed: number): Promise<void> {
  const gpu = await openGpu();
  const { train, test } = await mnist();
  const judging = await TfliteJudge.start(
    browserToTest('chromium', (why) => {
      throw new Error(why);
    }),
  );
  const rows: string[][] = [];
  for (const [name, m] of Object.entries(NETWORKS)) {
    const quantized = await trained(gpu, m, train, seed);
    const { output } = integerGraph(quantized);
    const [classes = 1] = output.shape;
    const count = Math.min(images, test.size);
    const data = Float32Array.from(test.x.subarray(0, count * 784), (byte) => Math.fround(byte * Math.fround(test.scale)));
    const x = { shape: [count, ...m.input], data };
    const predicting = await predictor(gpu, quantized);
    const { accuracy = Number.NaN } = await predicting.evaluate(test);
    const own = await outputsOf(x, output.scale, (part) => predicting.predict(part));
    await predicting.destroy();
    const compared = async (runtime: string, run: (x: Value) => Promise<Value>) => {
      const other = await outputsOf(x, output.scale, run);
      const [ours, theirs] = [classesOf(own, classes), classesOf(other, classes)];
      const differing = ours.filter((one, n) => one !== theirs[n]).length;
      const outputs = own.filter((one, at) => one !== other[at]).length;
      rows.push([name, `${(100 * accuracy).toFixed(2)}%`, runtime, `${count}`, `${differing}`, `${outputs} of ${own.length}`]);
    };
    const file = encodeTflite(quantized);
    for (const runtime of TFLITE_RUNTIMES) await compared(runtime, (part) => judging.run(runtime, file, part));
    const onnx = await onnxNetwork(encodeOnnx(quantized));
    await compared('onnxruntime-web', (part) => onnx.run(part));
    await onnx.release();
  }
  await judging[Symbol.asyncDispose]();
  await gpu.destroy();
  const columns = ['network', 'accuracy', 'runtime', 'images', 'classes that differ', 'outputs that differ'];
  process.stdout.write(`${textTable([columns, ...rows], new Set([0, 2])).lines.join('\n')}\n`);
}
