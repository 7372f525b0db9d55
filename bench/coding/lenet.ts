/**
 * Deep Compression's first network, so that there are weights to code: LeNet-300-100 on MNIST is trained for 5 epochs, pruned over 3 of 7 to
 * the shares that its authors keep, given code books of 5 bits, and their numbers are trained for 2.
 *
 *     PAREDOWN_DATA=FOLDER node --import tsx --import ./scripts/wgsl-hook.mjs bench/coding/lenet.ts OUT.safetensors
 */
import { adam, encodeCompressed, type Model, mnist, openGpu, save, share, type Trainer, trainer, zoo } from '../../src/node.ts';

const [out] = process.argv.slice(2);
const m: Model | undefined = zoo['han/lenet-300-100'];
if (out === undefined || !m) throw new Error('Usage: bench/coding/lenet.ts OUT.safetensors');
const gpu = await openGpu();
const { train, test } = await mnist();
const batch = 256;
const epoch = Math.ceil(train.size / batch);
const told = async (stage: string, training: Trainer) =>
  process.stdout.write(`${stage}: test accuracy ${(await training.evaluate(test)).accuracy}\n`);
const annealed = (epochs: number) => ({
  batch,
  seed: 1,
  optimizer: adam({ learningRate: 2e-3 }),
  schedule: { type: 'cosine' as const, steps: epochs * epoch },
});

const whole = await trainer(gpu, m, annealed(5));
await whole.fit(train, { epochs: 5 });
await told('whole', whole);

const sparsity = { 'dense_1/weights': 0.92, 'dense_2/weights': 0.91, 'dense_3/weights': 0.74 };
const pruned = await trainer(gpu, m, { ...annealed(7), pruning: { sparsity, steps: 3 * epoch, every: 43 } });
pruned.setWeights(await whole.weights());
await pruned.fit(train, { epochs: 7 });
await told('pruned', pruned);

const { weights, sharing } = share(await pruned.weights(), { bits: 5 });
const shared = await trainer(gpu, m, { batch, seed: 1, optimizer: adam({ learningRate: 2e-4 }), sharing });
shared.setWeights(weights);
await shared.fit(train, { epochs: 2 });
await told('shared', shared);

await save(out, m, await shared.weights());
process.stdout.write(`coded: ${encodeCompressed(m, await shared.weights()).length} bytes\n`);
await gpu.destroy();
