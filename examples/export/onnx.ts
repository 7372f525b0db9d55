// Trains a small network on the drawn digits and writes it as network.onnx, which takes bytes, and as network.safetensors, with ten test
// images behind each other in images.bin, for onnx.html and the Python scripts beside this file.   node --import tsx examples/export/onnx.ts [FOLDER: that of this file]
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  adam,
  conv2d,
  dense,
  digits,
  encodeOnnx,
  flatten,
  maxPool2d,
  model,
  openGpu,
  save,
  trainer,
  writeFileAtomic,
} from 'paredown/node';

const folder = process.argv[2] ?? fileURLToPath(new URL('.', import.meta.url));
const { train, test } = digits({ train: 2000, test: 200 });
const network = model([28, 28, 1], [conv2d(4, 5, { strides: 2, activation: 'relu' }), maxPool2d(2), flatten(), dense(10)]);
const gpu = await openGpu();
const training = await trainer(gpu, network, { batch: 50, optimizer: adam({ learningRate: 0.005 }), seed: 1 });
await training.fit(train, { epochs: 4 });
const { accuracy } = await training.evaluate(test);
const weights = await training.weights();
const file = encodeOnnx(network, weights, { input: training.input, bytesIn: true, softmax: true });
await writeFileAtomic(join(folder, 'network.onnx'), file);
await save(join(folder, 'network.safetensors'), network, weights, { input: training.input });
await writeFileAtomic(join(folder, 'images.bin'), Uint8Array.from(test.x.subarray(0, 10 * 28 * 28)));
console.log(`network.onnx: ${file.length} bytes, test accuracy ${accuracy}; the images show ${test.y.subarray(0, 10).join(' ')}`);
await training.destroy();
await gpu.destroy();
