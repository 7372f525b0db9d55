// Times ONNX models with onnxruntime-web: a line of JSON for each, { model: base64, shape }, and a line back, { times } or { error }.
import { createInterface } from 'node:readline';
import * as ort from 'onnxruntime-web';

ort.env.wasm.numThreads = Number(process.argv[2] ?? 1);
ort.env.logLevel = 'error';
const BUDGET_MS = 300;
const MOST = 40;

for await (const line of createInterface({ input: process.stdin })) {
  try {
    process.stdout.write(`${JSON.stringify({ times: await measure(JSON.parse(line)) })}\n`);
  } catch (error) {
    process.stdout.write(`${JSON.stringify({ error: String(error) })}\n`);
  }
}
// Its threads would keep the process.
process.exit(0);

async function measure({ model, shape }) {
  const session = await ort.InferenceSession.create(Buffer.from(model, 'base64'), { executionProviders: ['wasm'] });
  const length = shape.reduce((product, size) => product * size, 1);
  const x = new ort.Tensor('float32', Float32Array.from({ length }, Math.random), shape);
  const times = [];
  const start = performance.now();
  for (let i = 0; i < 3 || (i < MOST && performance.now() - start < BUDGET_MS); i++) {
    const before = performance.now();
    await session.run({ x });
    times.push(performance.now() - before);
  }
  await session.release();
  // The first run settles what the others find.
  return times.slice(1);
}
