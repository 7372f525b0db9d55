import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { input } from '../src/graph.ts';
import {
  adam,
  avgPool2d,
  conv2d,
  dense,
  flatten,
  type Gpu,
  type Model,
  maxPool2d,
  model,
  ShapeError,
  trainer,
  tune,
} from '../src/node.ts';
import { makeCase, normal } from './cases/case.ts';
import { checkCase } from './support/check.ts';
import { gpuEngine, openTestGpu } from './support/gpu.ts';
import { refusal } from './support/limits.ts';

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu?.destroy());

const MODEL = () => model([28, 28, 1], [conv2d(8, 3), maxPool2d(2), flatten(), dense(10)]);
const dense31 = () => model([784], [dense(2 ** 31), dense(10)]);
const wide = () => model([1, 2 ** 20, 1], [conv2d(2 ** 12, 1), maxPool2d([1, 2]), flatten(), dense(2)]);

describe('absurd sizes are refused at once, with numbers, and nothing is made', () => {
  for (const [name, m, batch, replicas] of [
    ['70,000 replicas', MODEL, 5, 70_000],
    ['a billion replicas', MODEL, 5, 1e9],
    ['2^53 - 1 replicas', MODEL, 5, Number.MAX_SAFE_INTEGER],
    ['a batch of a billion', MODEL, 1e9, 1],
    ['2^31 units', dense31, 5, 1],
    ['an image of four thousand million values behind the first layer', wide, 1, 1],
  ] satisfies [string, () => Model, number, number][])
    test(name, { timeout: 20_000 }, async () => {
      const { error, buffers } = await refusal(gpu, () => trainer(gpu, m(), { batch, replicas, optimizer: adam() }));
      expect(buffers).toBe(0);
      expect(error.requested).toBeGreaterThan(error.available);
      expect(error.message).toMatch(/ fit[.: ]/);
    });

  test('a billion replicas, of which kernels are to be tuned', async () => {
    const { buffers } = await refusal(gpu, () => tune(gpu, MODEL(), { batch: 5, replicas: 1e9, optimizer: adam() }));
    expect(buffers).toBe(0);
  });

  test('a batch that no number counts', async () => {
    await expect(trainer(gpu, MODEL(), { batch: Number.MAX_SAFE_INTEGER, optimizer: adam() })).rejects.toThrow(ShapeError);
  });
});

describe('counts that are no longer exact are refused', () => {
  for (const [name, make] of Object.entries({
    'the elements of an input': () => input('x', [2 ** 27, 2 ** 27]),
    'those of a sample': () => model([2 ** 20, 2 ** 20, 2 ** 20], [flatten(), dense(1)]),
    'the weights of a layer': () => model([2 ** 27], [dense(2 ** 27)]),
    'the output of a layer': () => model([2 ** 20, 2 ** 20, 1], [conv2d(2 ** 20, 1)]),
    'multiply-accumulates': () => model([2 ** 16, 2 ** 16, 2 ** 10], [conv2d(2 ** 10, 31)]),
  }))
    test(name, () => {
      expect(make).toThrow(ShapeError);
      expect(make).toThrow(/2\^53/);
    });

  test('windows, strides and paddings that 32 bits with a sign do not reach', () => {
    for (const make of [
      () => model([8, 8, 1], [conv2d(1, 1, { padding: [2 ** 31, 0, 0, 0] })]),
      () => model([8, 8, 1], [conv2d(1, 3, { padding: 'same', dilations: 2 ** 31 })]),
      () => model([8, 8, 1], [conv2d(1, 1, { strides: 2 ** 31 })]),
      () => model([8, 8, 1], [avgPool2d(2, { strides: 2 ** 31 })]),
    ])
      expect(make).toThrow(/2147483647 pixels at most/);
  });
});

describe('what is large but fits is right', () => {
  const across = (name: string, width: number, window: number, stride: number, channels = 1) =>
    makeCase(
      'conv2d',
      name,
      { x: [[1, 1, width, channels], normal()], filter: [[1, window, channels, 2], normal()] },
      { strides: [1, stride], padding: 'valid', dilations: [1, 1], groups: 1 },
    );
  for (const testCase of [
    across('a window wider than any array in a shader', 70_000, 66_000, 1_000),
    across('and its stride as wide', 140_000, 70_000, 70_000),
    across('three channels, a stride of one', 700, 600, 1, 3),
  ])
    test(testCase.name, async () => {
      expect(await checkCase(gpuEngine(gpu), testCase)).toEqual([]);
    });
});
