// Trains and evaluates one network on data sets of 12 MB that come one after the other, as from a stream, and prints the resident
// megabytes after every third of them.   chunks-process.ts [drop | release | views]
import { adam, dataset, dense, model, openGpu, trainer } from '../../src/node.ts';

const way = process.argv[2] ?? 'drop';
const gpu = await openGpu();
const length = 4096;
const size = 3072;
const training = await trainer(gpu, model([length], [dense(2)]), { batch: 64, optimizer: adam() });
// Views of one array put no pressure on the collector, which so frees nothing.
const all = way === 'views' ? new Uint8Array((size + 60) * length) : undefined;
for (let i = 1; i <= 60; i++) {
  const x = all?.subarray(i * length, (i + size) * length) ?? new Uint8Array(size * length).fill(i);
  const y = new Uint8Array(size).map((_, at) => at % 2);
  const chunk = dataset({ name: `chunk ${i}`, inputShape: [length], x, y, classes: 2 });
  for await (const _ of training.fit(chunk, { steps: 4, validate: chunk }));
  if (way === 'release') training.release(chunk);
  if (i % 20 === 0) console.log(process.memoryUsage().rss / 2 ** 20);
}
await training.destroy();
await gpu.destroy();
