import { adam, type CompileProgress, dense, digits, flatten, model, openGpu, trainer } from 'paredown/node';
import { expect, test } from 'vitest';

const network = model([28, 28, 1], [flatten(), dense(7, { activation: 'tanh' }), dense(10)]);

test('who opens a device is told how many kernels are compiled, of how many, and at last that all are', async () => {
  const told: CompileProgress[] = [];
  await using gpu = await openGpu({ onCompile: (progress) => told.push(progress) });
  const { train } = digits({ train: 64, test: 10 });
  await using training = await trainer(gpu, network, { batch: 32, optimizer: adam() });
  await training.fit(train, { steps: 1 });
  expect(told.length).toBeGreaterThan(4);
  for (const { done, of } of told) expect(done).toBeLessThanOrEqual(of);
  expect(told.at(-1)?.done).toBe(told.at(-1)?.of);
  expect(Math.max(...told.map(({ of }) => of))).toBeGreaterThan(3);
  const before = told.length;
  await training.fit(train, { steps: 1 });
  expect(told, 'nothing is compiled for a step that is there').toHaveLength(before);
});

test('the same step comes of a device that tells and of one that does not', async () => {
  const { train } = digits({ train: 64, test: 10 });
  const losses = [];
  for (const onCompile of [undefined, () => {}]) {
    await using gpu = await openGpu({ onCompile });
    await using training = await trainer(gpu, network, { batch: 32, optimizer: adam() });
    losses.push((await training.fit(train, { steps: 3 })).loss);
  }
  expect(losses[0]).toBe(losses[1]);
});

test('what is no function is refused', async () => {
  await expect(openGpu({ onCompile: 'yes' as never })).rejects.toThrow("openGpu: option 'onCompile' must be a function");
});
