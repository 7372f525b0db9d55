import { afterAll, beforeAll, expect, test } from 'vitest';
import { conv2d, dense, digits, flatten, type Gpu, maxPool2d, model } from '../src/node.ts';
import { MemoryStudy, runSearch } from '../src/search/run.ts';
import { searchProblem } from '../src/search/search.ts';
import { descentOf } from '../src/search/strategies/pare/descent.ts';
import { pare } from '../src/search/strategies/pare/pare.ts';
import { DEFAULT_SETUP, GpuEvaluator } from '../src/search/train.ts';
import { meanAccuracy } from '../src/search/trial.ts';
import { openTestGpu } from './support/gpu.ts';

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu?.destroy());

test('a descent on digits: the weights that were handed down hold at once what took the start its whole training', {
  timeout: 120_000,
}, async () => {
  const data = digits({ train: 800, test: 200 });
  const start = model([28, 28, 1], [conv2d(8, 5, { strides: 3, activation: 'relu' }), maxPool2d(2), flatten(), dense(10)]);
  const evaluator = await GpuEvaluator.create(gpu, data, { ...DEFAULT_SETUP, batch: 20 });
  const problem = searchProblem(data, { floor: 0.4, start, rungs: [600, 8000], rates: [0.01] });
  const study = new MemoryStudy();
  const options = { problem, strategy: pare, evaluators: [evaluator], study, context: {}, budget: { trials: 4 } };
  for await (const _ of runSearch(options));
  const [first, second] = study.records;
  expect(first?.inherits).toBeUndefined();
  const importance = first?.outcome.status === 'trained' ? first.outcome.importance : undefined;
  expect(Object.entries(importance ?? {}).map(([name, values]) => [name, values.length])).toEqual([
    ['conv2d_1', 8],
    ['dense_1', 10],
  ]);
  expect(
    Object.values(importance ?? {})
      .flat()
      .every((value) => value > 0),
  ).toBe(true);
  if (!first || !second) expect.fail('no descent');
  expect(second.inherits?.key).toBe(first.key);
  expect(second.samples).toBeLessThan(1000);
  // From nothing so short a training comes to little more than chance.
  const brief = await evaluator.evaluate({ ...second, inherits: undefined }, { keep: false });
  const fromNothing = brief.outcome.status === 'trained' ? (brief.outcome.accuracy[0] ?? 0) : 0;
  expect(meanAccuracy(second)).toBeGreaterThan(fromNothing);
  expect(descentOf(problem, study.records).chain.length).toBeGreaterThan(1);
});
