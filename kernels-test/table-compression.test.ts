import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { adam, dense, digits, flatten, type Gpu, model, openGpu, zoo } from 'paredown/node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Compression, type CompressionResult, compressNetwork } from '../examples/table/compression-row.ts';
import type { Splits } from '../examples/table/data.ts';
import { deployNetwork } from '../examples/table/deployment-row.ts';
import type { Context } from '../examples/table/table.ts';
import { han } from '../examples/table/tables/han.ts';

let gpu: Gpu;
let splits: Splits;
let scratch = '';
beforeAll(async () => {
  gpu = await openGpu({ validation: true });
  splits = await digits({ train: 600, test: 200 });
  scratch = await mkdtemp(join(tmpdir(), 'paredown-compression-'));
});
afterAll(async () => {
  gpu?.destroy();
  await rm(scratch, { recursive: true, force: true });
});

const context = (
  folder: string,
  signal = new AbortController().signal,
  progress: Context['progress'] = () => undefined,
): Context => ({
  gpu,
  data: undefined as never,
  signal,
  keep: (name) => join(scratch, `${folder}-${name}`),
  progress,
  reached: async () => undefined,
  note: () => undefined,
});

describe('a row that compresses a network', () => {
  const network = model([28, 28, 1], [flatten(), dense(12, { activation: 'relu' }), dense(10)]);
  const compression: Compression = {
    batch: 50,
    learningRate: 0.01,
    weightDecay: 0.01,
    epochs: { whole: 4, pruned: 4, quantized: 2 },
    sparsity: { 'dense_1/weights': 0.9, 'dense_2/weights': 0.5 },
    bits: 4,
  };
  const job = () => ({ model: network, compression, steps: 120, seeds: [1, 2], splits });

  test('keeps no more weights than asked, in a file smaller than they are, as accurate as told', async () => {
    const shares: number[] = [];
    const found = await compressNetwork(
      job(),
      context('whole', undefined, (share) => shares.push(share)),
    );
    expect(found.kept['dense_1/weights']).toBeLessThanOrEqual(Math.ceil(0.1 * 784 * 12));
    expect(found.kept['dense_2/weights']).toBeLessThanOrEqual(60);
    for (const bytes of found.bytes) expect(bytes).toBeLessThan(4 * 784 * 12 * 0.1);
    expect([found.whole, found.pruned, found.compressed].map(({ length }) => length)).toEqual([2, 2, 2]);
    expect(Math.min(...found.whole)).toBeGreaterThan(0.3);
    expect(Math.min(...found.compressed)).toBeGreaterThan(0.3);
    expect(shares.every((share) => share > 0 && share <= 1)).toBe(true);
    expect(shares).toEqual([...shares].sort((a, b) => a - b));
  });

  test('interrupted between two stages, goes on to the same', async () => {
    const whole = await compressNetwork(job(), context('apart'));
    const stop = new AbortController();
    const stopped = compressNetwork(
      job(),
      context('broken', stop.signal, (_, text) => {
        if (text.startsWith('pruned')) stop.abort();
      }),
    );
    await expect(stopped).rejects.toThrow();
    const withoutTime = ({ wallMs: _, ...rest }: CompressionResult) => rest;
    expect(withoutTime(await compressNetwork(job(), context('broken')))).toEqual(withoutTime(whole));
  });
});

test('a table of compressed networks says what it wants and whether it has it', () => {
  const found: CompressionResult = {
    seeds: [1],
    steps: 1,
    whole: [0.98],
    pruned: [0.98],
    compressed: [0.985],
    bytes: [23_000],
    kept: { 'dense_1/weights': 1 },
    wallMs: 1,
  };
  const claims = (result: CompressionResult) => han.claims?.(new Map([['han/lenet-300-100', result]])) ?? [];
  expect(claims(found).map(({ holds }) => holds)).toEqual([true]);
  expect(claims({ ...found, bytes: [25_000] }).map(({ holds }) => holds)).toEqual([false]);
  expect(claims({ ...found, compressed: [0.984] }).map(({ holds }) => holds)).toEqual([false]);
});

test('a network is brought into the forms of a .tflite file; zeros make it no smaller, integers do', async () => {
  const network = zoo['nahhas/proposed'] ?? expect.unreachable();
  const training = { data: 'mnist' as const, batch: 50, optimizer: adam({ learningRate: 0.01 }), length: { epochs: 1 } };
  const job = { model: network, training, steps: 60, seeds: [1, 2], splits };
  const { float, integers, pruned, both } = await deployNetwork(job, context('deployed'));
  expect(pruned.bytes).toEqual(float.bytes);
  expect(Math.max(...integers.bytes)).toBeLessThan(Math.min(...float.bytes));
  expect(both.bytes).toEqual(integers.bytes);
  for (const { accuracy } of [float, integers, pruned, both]) expect(accuracy).toHaveLength(2);
  float.accuracy.forEach((accuracy, seed) => {
    expect(Math.abs(accuracy - (integers.accuracy[seed] ?? 0))).toBeLessThan(0.05);
  });
});
