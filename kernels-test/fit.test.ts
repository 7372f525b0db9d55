import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { dense, type Gpu, model, OptionError, type Progress, sgd, type Trainer, trainer } from '../src/node.ts';
import { noise } from './support/datasets.ts';
import { openTestGpu } from './support/gpu.ts';

const MODEL = model([4], [dense(3)]);
const DATA = noise(10, [4], 3);
const STEPS = { steps: 6, reportEvery: 2 };

let gpu: Gpu;
let training: Trainer;
beforeAll(async () => {
  gpu = await openTestGpu();
});
beforeEach(async () => {
  training = await trainer(gpu, MODEL, { batch: 5, optimizer: sgd({ learningRate: 0.1 }) });
  return () => training.destroy();
});
afterAll(() => gpu?.destroy());

describe('awaiting fit', () => {
  test('trains to the end and gives the last report', async () => {
    const last = await training.fit(DATA, STEPS);
    expect(last).toMatchObject({ step: 6, steps: 6 });
    expect(last.loss).toBeGreaterThan(0);
    expect(training.step).toBe(6);
  });

  test('twice is one training', async () => {
    const fit = training.fit(DATA, STEPS);
    const [first, second] = await Promise.all([fit, fit]);
    expect(second).toBe(first);
    expect(await fit).toBe(first);
    expect(training.step).toBe(6);
  });

  test('also through an async function, then, catch and finally', async () => {
    const returned = async () => training.fit(DATA, STEPS);
    expect((await returned()).step).toBe(6);
    expect(await training.fit(DATA, STEPS).then(({ step }) => step)).toBe(12);
    expect((await training.fit(DATA, STEPS).finally(() => {})).step).toBe(18);
    expect(await training.fit(DATA, { ...STEPS, steps: 0 }).catch((error) => error)).toBeInstanceOf(OptionError);
  });

  test('fails as the loop does, and leaves a trainer that can go on', async () => {
    await expect(training.fit(noise(10, [5], 3), STEPS)).rejects.toThrow(/samples are \[5\]/);
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 20);
    await expect(training.fit(DATA, { steps: 1_000_000, signal: stop.signal })).rejects.toMatchObject({ name: 'AbortError' });
    const { step } = training;
    await training.fit(DATA, STEPS);
    expect(training.step).toBe(step + 6);
  });

  test('in the middle of its own loop is refused, and the loop goes on', async () => {
    const fit = training.fit(DATA, STEPS);
    const seen: Progress[] = [];
    for await (const progress of fit) {
      seen.push(progress);
      await expect(fit.then()).rejects.toThrow(/a loop goes over this training already; write either/);
    }
    expect(seen.map(({ step }) => step)).toEqual([2, 4, 6]);
  });

  test('behind its loop gives what the loop saw last', async () => {
    const whole = training.fit(DATA, STEPS);
    let last: Progress | undefined;
    for await (const progress of whole) last = progress;
    expect(await whole).toBe(last);
  });

  test('behind a loop that was left is refused, behind one that failed gives its error', async () => {
    const left = training.fit(DATA, STEPS);
    for await (const _ of left) break;
    await expect(left.then()).rejects.toThrow(/was left before its end; call fit again/);
    const stop = new AbortController();
    const failed = training.fit(DATA, { ...STEPS, signal: stop.signal });
    const loop = (async () => {
      for await (const _ of failed) stop.abort();
    })();
    await expect(loop).rejects.toMatchObject({ name: 'AbortError' });
    await expect(failed.then()).rejects.toMatchObject({ name: 'AbortError' });
  });

  test('and then going over it is refused', async () => {
    const fit = training.fit(DATA, STEPS);
    await fit;
    await expect(fit.next()).rejects.toThrow(/awaited already; call fit again/);
    expect(training.step).toBe(6);
  });
});

test('a loop without await is told what to write', () => {
  expect(() => [...(training.fit(DATA, STEPS) as unknown as Iterable<Progress>)]).toThrow(/write `for await/);
});

test('a fit that is neither awaited nor gone over does nothing', async () => {
  training.fit(DATA, STEPS);
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(training.step).toBe(0);
  await training.fit(DATA, STEPS);
  expect(training.step).toBe(6);
});

describe('compiling the kernels', () => {
  const reports = async (options: object) => {
    const found: Progress[] = [];
    for await (const progress of training.fit(DATA, { steps: 3, reportEvery: 1, ...options })) found.push(progress);
    return found;
  };

  test('is told in the first report, and not again for what has run', async () => {
    expect((await reports({})).map(({ compileMs }) => compileMs !== undefined)).toEqual([true, false, false]);
    expect((await reports({})).map(({ compileMs }) => compileMs)).toEqual([undefined, undefined, undefined]);
  });

  test('is no part of the times of steps', async () => {
    const start = performance.now();
    for await (const { compileMs, stepMs, etaMs } of training.fit(DATA, { steps: 3, reportEvery: 1 })) {
      const elapsed = performance.now() - start;
      expect(compileMs).toBeGreaterThan(0);
      expect(stepMs).toBeGreaterThan(0);
      expect(stepMs + (compileMs ?? 0)).toBeLessThanOrEqual(elapsed);
      expect(etaMs).toBeCloseTo(2 * stepMs, 6);
      break;
    }
  });

  test('changes nothing: it runs before the first step, over no workgroups', async () => {
    const before = await training.weights();
    let submitted = 0;
    const { queue } = gpu.device;
    const submit = queue.submit.bind(queue);
    // Stops the training between what compiles and the first step.
    queue.submit = (buffers) => {
      if (++submitted > 1) throw new OptionError('stopped before the first step');
      submit(buffers);
    };
    try {
      await expect(training.fit(DATA, STEPS)).rejects.toThrow('stopped before the first step');
    } finally {
      queue.submit = submit;
    }
    expect(await training.weights()).toEqual(before);
  });
});
