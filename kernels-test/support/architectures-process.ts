// Trains small networks that all differ, for two steps each, and prints, after every PRINTS-th part of them, the
// least resident megabytes of the last thirty: what the collector has not come to yet is no leak.
//   architectures-process.ts [NUMBER=1000] [PRINTS=10]
import { adam, conv2d, dense, digits, flatten, maxPool2d, model, openGpu, trainer } from '../../src/node.ts';

const number = Number(process.argv[2] ?? 1000);
const prints = Number(process.argv[3] ?? 10);
const gpu = await openGpu();
const { train } = digits({ train: 40, test: 10 });
const readings: number[] = [];
for (let i = 1; i <= number; i++) {
  // Width of the dense layer and batch tell all of them apart; those that come late are as large as the first.
  const first = i % 5 === 0 ? [conv2d(1 + (i % 7), 3, { activation: 'relu' }), maxPool2d(2)] : [];
  const layers = [...first, flatten(), dense(4 + ((i * 7) % 50)), dense(10)];
  const network = model([28, 28, 1], layers);
  const training = await trainer(gpu, network, { batch: 10 + Math.floor(i / 50), optimizer: adam() });
  for await (const _ of training.fit(train, { steps: 2 }));
  await training.destroy();
  readings.push(process.memoryUsage().rss / 2 ** 20);
  if (i % Math.floor(number / prints) === 0) console.log(Math.min(...readings.slice(-30)));
}
await gpu.destroy();
