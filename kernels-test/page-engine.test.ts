import {
  conv2d,
  dense,
  describeInput,
  digits,
  dropout,
  flatten,
  type Gpu,
  type Model,
  maxPool2d,
  model,
  openGpu,
  predictor,
  residual,
} from 'paredown/node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { curvePoints } from '../examples/page/app/train/decimate.ts';
import type { Listener } from '../examples/page/engine/calls.ts';
import { measureCeilings } from '../examples/page/engine/ceilings.ts';
import { keepSubject } from '../examples/page/engine/kept-subject.ts';
import { mistakeCalls } from '../examples/page/engine/mistakes.ts';
import { stepsOf } from '../examples/page/engine/recipe.ts';
import { sampleCalls } from '../examples/page/engine/sample.ts';
import type { Session } from '../examples/page/engine/session.ts';
import { trainingCalls } from '../examples/page/engine/training.ts';
import { viewCalls } from '../examples/page/engine/views.ts';
import { noise } from './support/datasets.ts';
import { weightsFrom } from './support/weights.ts';

const SPLITS = digits({ train: 60, test: 10 });
const NETWORK = model(
  [28, 28, 1],
  [
    conv2d(4, 5, { activation: 'relu' }),
    maxPool2d(4),
    residual(conv2d(4, 3, { padding: 'same' })),
    dropout(0.1),
    flatten(),
    dense(10),
  ],
);

let gpu: Gpu;
let input: Awaited<ReturnType<typeof describeInput>>;
beforeAll(async () => {
  // The very build that the modules of the page are given.
  gpu = await openGpu();
  input = await describeInput(SPLITS.train);
});
afterAll(() => gpu?.destroy());

/** What the calls need of the session, with a network that begins at a seed. */
function sessionOf(network: Model, seed: number, splits = SPLITS) {
  const subject = { model: network, weights: weightsFrom(network, seed), input };
  return { splits, subject, validated: subject, gpu: async () => gpu } as unknown as Session;
}

async function outputs(session: Session, x: Float32Array, count: number) {
  const { model: network, weights } = session.subject as NonNullable<Session['subject']>;
  await using asked = await predictor(gpu, network, weights);
  return (await asked.predict({ shape: [count, ...network.input], data: x })).data;
}

describe('the wrong images of the page', () => {
  test('are those that the network takes for another class, by cell and all together, the most sure first', async () => {
    const { validation } = SPLITS;
    const session = sessionOf(NETWORK, 3);
    const { mistakes } = mistakeCalls(session);
    const logits = await outputs(
      session,
      Float32Array.from(validation.x, (byte) => byte / 255),
      validation.size,
    );
    const said = Array.from({ length: validation.size }, (_, index) => {
      const own = [...logits.subarray(10 * index, 10 * index + 10)];
      const sum = own.reduce((total, one) => total + Math.exp(one), 0);
      return { index, predicted: own.indexOf(Math.max(...own)), confidence: Math.exp(Math.max(...own)) / sum };
    });
    const wrong = said.filter(({ index, predicted }) => predicted !== validation.y[index]);
    expect(wrong.length).toBeGreaterThan(2);
    const all = await mistakes('all');
    expect([all?.count, all?.of]).toEqual([wrong.length, validation.size]);
    const shown = all?.images ?? [];
    const sorted = [...wrong].sort((a, b) => b.confidence - a.confidence).slice(0, shown.length);
    expect(shown.map(({ index }) => index).sort()).toEqual(sorted.map(({ index }) => index).sort());
    shown.forEach(({ index, label, predicted, confidence, pixels }, at) => {
      expect([label, predicted]).toEqual([validation.y[index], said[index]?.predicted]);
      expect(confidence).toBeCloseTo(said[index]?.confidence ?? 0, 4);
      expect(confidence).toBeLessThanOrEqual(shown[at - 1]?.confidence ?? 1);
      expect(pixels).toEqual(validation.x.slice(784 * index, 784 * (index + 1)));
    });
    const [first] = wrong;
    const cell = { label: validation.y[first?.index ?? 0] ?? 0, predicted: first?.predicted ?? 0 };
    const same = wrong.filter(({ index, predicted }) => validation.y[index] === cell.label && predicted === cell.predicted);
    expect((await mistakes(cell))?.images.map(({ index }) => index).sort()).toEqual(same.map(({ index }) => index).sort());
  });

  test('are of the network as it was last validated, and none where there is none or the data are others', async () => {
    const session = sessionOf(NETWORK, 3);
    const { mistakes } = mistakeCalls(session);
    const { sample } = sampleCalls(session);
    const before = await mistakes('all');
    session.validated = { model: NETWORK, weights: weightsFrom(NETWORK, 4), input };
    expect((await mistakes('all'))?.images).not.toEqual(before?.images);
    session.validated = undefined;
    expect(await mistakes('all')).toBeUndefined();
    const others = { ...SPLITS, validation: noise(5, [4, 4, 1], 2) };
    expect(await mistakeCalls(sessionOf(NETWORK, 3, others)).mistakes('all')).toBeUndefined();
    expect(await sample(SPLITS.validation.size + 1)).toEqual({
      pixels: SPLITS.validation.x.slice(784, 2 * 784),
      label: SPLITS.validation.y[1],
      of: SPLITS.validation.size,
    });
  });
});

describe('the pictures of the page', () => {
  const image = SPLITS.validation.x.slice(0, 784) as Uint8Array;

  test('show what each layer makes of an image: bytes or what the network sees of them', async () => {
    const session = sessionOf(NETWORK, 3);
    const { activations } = viewCalls(session);
    const layers = await activations(image);
    expect(layers.map(({ name, count, width, height }) => [name, count, height, width])).toEqual([
      ['conv2d_1', 4, 24, 24],
      ['maxPool2d_1', 4, 6, 6],
      ['residual_1', 4, 6, 6],
      ['dense_1', 1, 1, 10],
    ]);
    const seen = Float32Array.from(image, (byte) => byte / 255);
    expect(await activations(seen)).toEqual(layers);
    const logits = await outputs(session, seen, 1);
    const [low, high] = [Math.min(...logits), Math.max(...logits)];
    const last = layers.at(-1);
    expect(last?.low).toBeCloseTo(low, 4);
    expect(last?.high).toBeCloseTo(high, 4);
    logits.forEach((value, at) => {
      expect(Math.abs((last?.pixels[at] ?? 0) - (255 * (value - low)) / (high - low))).toBeLessThan(1.01);
    });
    session.subject = { model: NETWORK, weights: weightsFrom(NETWORK, 4), input };
    expect(await activations(image)).not.toEqual(layers);
    expect(await activations(image.subarray(1))).toEqual([]);
  });

  test('show the filters of a convolution, or what a dense layer weighs the image by, about a middle grey', async () => {
    const session = sessionOf(NETWORK, 3);
    const filters = await viewCalls(session).filters();
    const { data } = session.subject?.weights.get('conv2d_1/filter') ?? { data: new Float32Array() };
    const most = Math.max(...data.map(Math.abs));
    expect(filters).toMatchObject({ width: 5, height: 5, colours: 1, count: 4, of: 4 });
    expect(filters?.high).toBeCloseTo(most, 6);
    for (const at of [0, 7, 24])
      for (const filter of [0, 3])
        expect(filters?.pixels[25 * filter + at]).toBe(Math.trunc(127.5 + (127.5 * (data[4 * at + filter] ?? 0)) / most));
    const plain = model([28, 28, 1], [flatten(), dense(70)]);
    expect(await viewCalls(sessionOf(plain, 1)).filters()).toMatchObject({ width: 28, height: 28, count: 64, of: 70 });
    expect(await viewCalls(sessionOf(model([4], [dense(2)]), 1)).filters()).toBeUndefined();
  });
});

test('the ceilings of an adapter are what its computing and copying come to', { retry: 1 }, async () => {
  const { gflops, gigabytes } = await measureCeilings(gpu.device, gpu.info.kind);
  // Anything that runs Node makes a tenth of a billion operations a second.
  for (const figure of [gflops, gigabytes]) {
    expect(figure).toBeGreaterThan(0.1);
    expect(figure).toBeLessThan(1e6);
  }
});

test('a chart has 600 points at the most, whose means are those of the reports', () => {
  const reports = Array.from({ length: 1801 }, (_, index) => ({
    step: index + 1,
    loss: index,
    accuracy: index / 1801,
    ...(index % 100 === 99 && { validation: { loss: index, accuracy: 1 } }),
  }));
  const points = curvePoints(reports);
  expect(points.length).toBeLessThanOrEqual(600);
  expect(points.length).toBeGreaterThan(300);
  expect(points[0]?.loss).toBe(1.5);
  expect(points.at(-1)?.step).toBe(1801);
  expect(points.filter(({ validation }) => validation)).toHaveLength(18);
  expect(curvePoints(reports.slice(0, 600))).toHaveLength(600);
  expect(curvePoints([])).toEqual([]);
});

test('of networks from files only the latest is kept, and none where there is no room for it', async () => {
  const held = new Map<string, unknown>();
  let room = true;
  const session = sessionOf(NETWORK, 3);
  const keptWhileWriting: boolean[] = [];
  const store = {
    keep: async (entries: object) => {
      keptWhileWriting.push(session.subjectIsKept);
      if (room) for (const [key, value] of Object.entries(entries)) held.set(key, value);
      return room;
    },
    drop: async (key: string) => void held.delete(key),
  };
  Object.assign(session, { store, subjectIsKept: false });
  await keepSubject(session);
  const first = held.get('subject');
  expect(first).toBeDefined();
  session.subject = sessionOf(NETWORK, 4).subject;
  await keepSubject(session);
  expect(held.get('subject')).not.toEqual(first);
  room = false;
  await keepSubject(session);
  expect(held.has('subject')).toBe(false);
  // A training that has a network meanwhile drops what is being written.
  expect(keptWhileWriting).toEqual([true, true, true]);
});

test('a training that is stopped before its first step, while shaders are compiled, makes none', async () => {
  const kept: unknown[] = [];
  const session = {
    ...{ splits: SPLITS, gpu: async () => gpu, store: { keep: async (entry: unknown) => kept.push(entry) } },
    whileTraining: async (_: unknown, work: () => Promise<unknown>) => work(),
  } as unknown as Session;
  const { train, resume, stop } = trainingCalls(session);
  const reported: number[] = [];
  const listener: Listener = { compiling() {}, report: ({ step }) => reported.push(step) };
  const recipe = { epochs: 1, batch: 60, learningRate: 0.01, seed: 1, optimizer: 'adam', augment: {} } as const;
  const training = train({ model: NETWORK, recipe }, listener);
  await stop();
  expect([await training, reported, kept.length]).toEqual(['stopped', [], 1]);
  expect(await resume(listener)).toBe('ended');
  expect(reported.at(-1)).toBe(stepsOf(recipe, SPLITS.train.size));
});
