import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { adam, conv2d, dense, digits, flatten, maxPool2d, model, openGpu, trainer } from '../src/node.ts';

setFlagsFromString('--expose_gc');
const collect = runInNewContext('gc') as () => void;

test('the memory of the process does not grow over 5,000 steps', { timeout: 300_000 }, async () => {
  const gpu = await openGpu();
  const optimised = model(
    [28, 28, 1],
    [
      conv2d(2, 5, { padding: 'same', activation: 'relu' }),
      maxPool2d(4),
      flatten(),
      dense(128, { activation: 'relu' }),
      dense(10),
    ],
  );
  const t = await trainer(gpu, optimised, { batch: 50, optimizer: adam(), seed: 1 });
  const { train } = digits({ train: 500, test: 10 });
  const megabytes = async (steps: number) => {
    for await (const _ of t.fit(train, { steps, reportEvery: 10 }));
    collect();
    return { heap: process.memoryUsage().heapUsed / 2 ** 20, resident: process.memoryUsage().rss / 2 ** 20 };
  };
  const early = await megabytes(1000);
  const late = await megabytes(4000);
  // A leak of one promise or bind group a step would be over 1 MiB of heap; one of command memory, tens of MiB.
  expect(late.heap - early.heap).toBeLessThan(1);
  expect(late.resident - early.resident).toBeLessThan(24);
  await t.destroy();
  await gpu.destroy();
});
