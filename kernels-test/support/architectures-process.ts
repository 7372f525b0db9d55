// Trains small networks that all differ, for two steps each, and prints, after every third (or PRINTS-th) part of them, the
// least resident megabytes of the last thirty: what the collector has not come to yet is no leak.
//   architectures-process.ts [NUMBER=300] [PRINTS=3]
import { adam, conv2d, dense, digits, flatten, maxPool2d, model, openGpu, trainer } from '../../src/node.ts';

const number = Number(process.argv[2] ?? 300);
const prints = Number(process.argv[3] ?? 3);
const gpu = await openGpu();
const { train } = digits({ train: 40, test: 10 });
const readings: number[] = [];
for (let i = 1; i <= number; i++) {
  // The width of the dense layer alone tells all of them apart.
  const first = i % 5 === 0 ? [conv2d(1 + (i % 7), 3, { activation: 'relu' }), maxPool2d(2)] : [];
  const layers = [...first, flatten(), dense(4 + i), dense(10)];
  const network = model([28, 28, 1], layers);
  const training = await trainer(gpu, network, { batch: 10, optimizer: adam() });
  for await (const _ of training.fit(train, { steps: 2 }));
  await training.destroy();
  readings.push(process.memoryUsage().rss / 2 ** 20);
  if (i % Math.floor(number / prints) === 0) console.log(Math.min(...readings.slice(-30)));
}
await gpu.destroy();
