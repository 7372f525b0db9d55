import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Attempts } from '../src/chain/attempts.ts';
import type { Chain } from '../src/chain/chain.ts';
import { ChainClock } from '../src/chain/clock.ts';
import type { FineTuning } from '../src/chain/fine-tune.ts';
import { Ladders } from '../src/chain/ladders.ts';
import { type ChainRunOptions, runChain } from '../src/chain/run.ts';
import { taught } from '../src/chain/teacher.ts';
import type { ChainOutcome } from '../src/chain/trial.ts';
import {
  adam,
  type CompressOptions,
  type CompressStep,
  chainSummary,
  compress,
  compressContext,
  conv2d,
  dataset,
  decodeModel,
  dense,
  digits,
  encodeCompressed,
  flatten,
  type Gpu,
  keptBack,
  MemoryChainStudy,
  maxPool2d,
  model,
  openChainStudy,
  predictor,
  sizeOfC,
  type TrainedNetwork,
  trainer,
} from '../src/node.ts';
import { openTestGpu } from './support/gpu.ts';

let gpu: Gpu;
let network: TrainedNetwork;
let folder: string;
const drawn = digits({ train: 1000, test: 300 });
const data = { train: drawn.train, ...keptBack(drawn.validation), test: drawn.test };
const OPTIONS = { floor: 0.7, epochs: 1, learningRate: 3e-3 } as const;

beforeAll(async () => {
  gpu = await openTestGpu();
  folder = await mkdtemp(join(tmpdir(), 'paredown-compress-'));
  const m = model([28, 28, 1], [conv2d(4, 5, { strides: 3, activation: 'relu' }), maxPool2d(2), flatten(), dense(10)]);
  await using training = await trainer(gpu, m, { batch: 32, optimizer: adam({ learningRate: 0.02 }), seed: 1 });
  await training.fit(data.train, { epochs: 3 });
  network = { model: m, weights: await training.weights() };
});
afterAll(async () => {
  await gpu?.destroy();
  await rm(folder, { recursive: true, force: true });
});

async function all(options: CompressOptions, from = network): Promise<CompressStep[]> {
  const steps: CompressStep[] = [];
  for await (const step of compress(gpu, from, data, options)) steps.push(step);
  return steps;
}

/** Of the network as it is, on the data that count against it most. */
async function accuracyNow(): Promise<number> {
  await using now = await predictor(gpu, network.model, network.weights);
  const parts = [data.validation, data.confirmation ?? data.validation];
  const found: number[] = [];
  for (const part of parts) found.push((await now.evaluate(part)).accuracy ?? 0);
  return Math.min(...found);
}

function runOptions(tuning: Partial<FineTuning> = {}): ChainRunOptions {
  const whole = { epochs: 0.5, batch: 32, learningRate: 3e-3, ...tuning };
  return { gpu, network, ...data, format: 'compressed', tuning: whole };
}

function withoutConfirmation(outcome: ChainOutcome) {
  const { confirmation: _, ...rest } = { confirmation: undefined, ...outcome };
  return rest;
}

function conclusionOf(steps: readonly CompressStep[]) {
  const last = steps.at(-1);
  if (last?.type !== 'conclusion') throw new Error('the last step is the conclusion');
  return last;
}

describe('what leaves', () => {
  test('is smaller than the network as it is, holds the floor, and computes what was measured', async () => {
    // Of C the integers of all widths, and of a floor that is near few other chains: the test is of what is written, not of how far it goes.
    const floor = (await accuracyNow()) - 0.03;
    const { compressed } = conclusionOf(await all({ ...OPTIONS, epochs: 0.5, to: 'c', floor }));
    if (!compressed) throw new Error('something holds the floor');
    const { record, copy, file, test: tested } = compressed;
    if (record.outcome.status !== 'measured') throw new Error('it was measured');
    const { model: left, weights, quantized } = decodeModel(file);
    expect(record.outcome.bytes[copy]).toBe((quantized ? sizeOfC(quantized) : sizeOfC(left, weights)).constantBytes);
    expect(record.outcome.bytes[copy]).toBeLessThan(sizeOfC(network.model, network.weights).constantBytes);
    expect(chainSummary(record, floor)).toMatchObject({ holds: true });
    await using decoded = await (quantized ? predictor(gpu, quantized) : predictor(gpu, left, weights));
    expect((await decoded.evaluate(data.validation)).accuracy).toBe(record.outcome.accuracy[copy]);
    expect((await decoded.evaluate(data.test)).accuracy).toBe(tested?.[copy]);
    expect(tested).toHaveLength(5);
  });

  test('is nothing where the network itself does not hold the floor, and nothing is trained for it', async () => {
    const steps = await all({ ...OPTIONS, floor: 0.999 });
    expect(steps.map(({ type }) => type)).toEqual(['trial', 'conclusion']);
    expect(conclusionOf(steps).compressed).toBeUndefined();
  });

  test('is the network as it is where no time is left to confirm what was screened', async () => {
    const study = new MemoryChainStudy();
    const { compressed } = conclusionOf(await all({ ...OPTIONS, minutes: 1e-6, study }));
    expect(compressed?.record.chain).toEqual([]);
    expect(compressed?.file).toEqual(encodeCompressed(network.model, network.weights));
  });

  test('for TensorFlow Lite and C, in no time, is the network as it is', async () => {
    for (const to of ['tflite', 'c'] as const) {
      const { compressed } = conclusionOf(await all({ ...OPTIONS, to, minutes: 1e-6 }));
      expect(compressed?.record.outcome).toMatchObject({ bytes: [expect.any(Number)] });
    }
  });
});

describe('a step that trains nothing', () => {
  const CHAIN = [
    { type: 'quantize', weights: 4, activations: 'float' },
    { type: 'round', bits: 7 },
  ] as const;

  test('is done to what the chain before it came to, as if all had been made anew', async () => {
    const study = new MemoryChainStudy();
    const begun: Chain[] = [];
    const attempts = new Attempts({
      run: runOptions(),
      context: {},
      study,
      clock: new ChainClock(undefined, study.records, 5),
      floor: 0.5,
      onBegin: (chain) => begun.push(chain),
    });
    for (const seeds of [[6], [1, 2, 3, 4, 5]]) {
      for await (const _ of attempts.of(CHAIN, seeds));
      const [trained, rounded] = study.records.slice(-2);
      expect([trained?.chain, rounded?.chain]).toEqual([CHAIN.slice(0, 1), CHAIN]);
      const whole = await runChain({ key: '', chain: CHAIN, seeds }, runOptions());
      expect(rounded?.outcome).toEqual(seeds.length === 1 ? withoutConfirmation(whole.outcome) : whole.outcome);
      if (seeds.length > 1 && rounded) expect(await study.files(rounded)).toEqual(whole.files);
    }
    // Another rounding trains nothing.
    begun.length = 0;
    const further = [CHAIN[0], { type: 'round', bits: 5 }] as const;
    const untried = [{ type: 'quantize', weights: 3, activations: 'float' }, CHAIN[1]] as const;
    for (const seeds of [[6], [1, 2, 3, 4, 5]])
      expect([CHAIN, further, untried].map((chain) => attempts.costsNothing(chain, seeds))).toEqual([true, true, false]);
    for await (const _ of attempts.of(further, [1, 2, 3, 4, 5]));
    expect(begun).toEqual([further]);
  });

  test('is not tried where what it would be done to diverged', async () => {
    const study = new MemoryChainStudy();
    const clock = new ChainClock(undefined, study.records, 5);
    const attempts = new Attempts({ run: runOptions({ learningRate: 1e30 }), context: {}, study, clock, floor: 0.5 });
    for await (const _ of attempts.of(CHAIN, [6]));
    expect(study.records.map(({ outcome }) => outcome.status)).toEqual(['diverged', 'diverged']);
    expect(study.records[1]?.wallMs).toBe(0);
  });

  test('that loses the floor is tried again after the next step; others are not', () => {
    const ladders = new Ladders('compressed');
    const offered = (type: string) => ladders.neighbours().find((one) => one.type === type);
    for (const type of ['round', 'prune']) ladders.miss(offered(type) ?? expect.fail(`${type} is offered`));
    expect([offered('round'), offered('prune')]).toEqual([undefined, undefined]);
    ladders.goTo(offered('quantize') ?? expect.fail('bits are offered'));
    expect(offered('round')).toMatchObject({ notch: 0, chain: [{ type: 'quantize' }, { type: 'round', bits: 12 }] });
    expect(offered('prune')).toBeUndefined();
  });
});

describe('a study in a folder', () => {
  test('is gone on with, tries nothing twice, and makes lost files again', async () => {
    const context = await compressContext(network, data, OPTIONS);
    const study = join(folder, 'study');
    const begun = await openChainStudy(study, context);
    const first: CompressStep[] = [];
    for await (const step of compress(gpu, network, data, { ...OPTIONS, study: begun })) {
      first.push(step);
      if (first.length === 2) break;
    }
    // A kill in the middle of a line.
    const path = join(study, 'trials.jsonl');
    await writeFile(path, `${await readFile(path, 'utf8')}{"format":1,"key":"ab`);
    const again = await openChainStudy(study, context);
    expect(again.problems).toHaveLength(1);
    expect(again.records).toHaveLength(2);
    const begunNow: string[] = [];
    const onBegin: CompressOptions['onBegin'] = (chain) => begunNow.push(JSON.stringify(chain));
    // The time is spent: what was tried is found again, and nothing else is tried.
    const spent = { ...OPTIONS, minutes: 1e-6, onBegin };
    const ended = conclusionOf(await all({ ...spent, study: again }));
    await rm(join(study, 'files'), { recursive: true });
    const repeated = conclusionOf(await all({ ...spent, study: await openChainStudy(study, context) }));
    expect(begunNow).toEqual([]);
    expect(ended.compressed?.record.chain).toEqual([]);
    expect(Buffer.from(repeated.compressed?.file ?? [])).toEqual(Buffer.from(ended.compressed?.file ?? []));
  });

  test('of another network is refused', async () => {
    const study = join(folder, 'study');
    const other = await compressContext(network, data, { ...OPTIONS, epochs: 2 });
    await expect(openChainStudy(study, other)).rejects.toThrow(/another network.*name another folder/);
  });
});

describe('distillation', () => {
  test('gives each sample of the training data what the network makes of it', async () => {
    const { train } = digits({ train: 1500, test: 20 });
    const { teacherLogits } = await taught(gpu, network, train);
    await using teacher = await predictor(gpu, network.model, network.weights);
    const x = Float32Array.from(train.x, (byte) => Math.fround(byte * train.scale));
    const expected = await teacher.predict({ shape: [train.size, 28, 28, 1], data: x });
    expect(teacherLogits).toEqual(expected.data);
  });

  test('to a weight of 1 learns from the network alone, whatever the labels are', async () => {
    const wrong = dataset({ ...data.train, y: Uint8Array.from(data.train.y, (label) => (Number(label) + 1) % 10) });
    const train = await taught(gpu, network, wrong);
    const accuracyBy = async (distillation: { temperature: number; weight: number } | undefined) => {
      const tuning = { epochs: 4, batch: 32, learningRate: 0.02, ...(distillation && { distillation }) };
      const trial = { key: '', chain: [{ type: 'filters', share: 0.25 }], seeds: [1] } as const;
      const { outcome } = await runChain(trial, {
        gpu,
        network,
        train,
        validation: data.validation,
        format: 'compressed',
        tuning,
      });
      return outcome.status === 'measured' ? (outcome.accuracy[0] ?? 0) : 0;
    };
    expect(await accuracyBy({ temperature: 2, weight: 1 })).toBeGreaterThan(0.5);
    expect(await accuracyBy(undefined)).toBeLessThan(0.5);
  });

  test('is part of what a trial is known by', async () => {
    const labels = await compressContext(network, data, OPTIONS);
    const taughtBy = await compressContext(network, data, { ...OPTIONS, distillation: { temperature: 4, weight: 0.9 } });
    expect(taughtBy).not.toEqual(labels);
  });
});

test.each([
  [{ floor: 1.5 }, 'floor must be between 0 and 1'],
  [{ floor: 0.9, seeds: 3 }, 'seeds must be an integer from 5 to 100'],
  [{ floor: 0.9, to: 'onnx' }, 'to must be one of compressed, tflite, c, got "onnx"'],
  [{ floor: 0.9, bits: 4 }, "unknown option 'bits'"],
  [{ floor: 0.9, distillation: true }, 'distillation must be { temperature, weight }'],
  [{ floor: 0.9, distillation: { temperature: 0, weight: 0.9 } }, 'temperature of distillation must be positive'],
  [{ floor: 0.9, distillation: { temperature: 4, weight: 2 } }, 'weight of distillation must be from 0 to 1'],
])('options %o are refused', (options, message) => {
  expect(() => compress(gpu, network, data, options as CompressOptions)).toThrow(message);
});
