import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import {
  batchNorm,
  decodeCheckpoint,
  dense,
  encodeCheckpoint,
  type FitOptions,
  type Gpu,
  model,
  type Progress,
  sgd,
  type Trainer,
  type TrainerOptions,
  trainer,
  type Weights,
} from '../src/node.ts';
import type { TrainerParts } from '../src/train/parts.ts';
import { ValidationWatch } from '../src/train/validation-watch.ts';
import { noise, regression } from './support/datasets.ts';
import { openTestGpu } from './support/gpu.ts';

// Noise has nothing to learn: the validation loss soon rises, after some ten evaluations with this seed.
const MODEL = model([6], [dense(12, { activation: 'relu' }), batchNorm({ momentum: 0.5 }), dense(3)]);
const [TRAIN, VALIDATE] = [noise(40, [6], 3, 1), noise(30, [6], 3, 2)];
const OPTIONS: TrainerOptions = { batch: 8, optimizer: sgd({ learningRate: 0.02, momentum: 0.9 }), seed: 2 };
const FIT = { steps: 200, validate: VALIDATE, evaluateEvery: 3, reportEvery: 1000 } satisfies FitOptions;
const STOP = { metric: 'loss', patience: 4 } as const;

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu?.destroy());

interface Report {
  readonly progress: Progress;
  /** Of each replica, as they were at this report. */
  readonly weights: readonly Weights[];
}

async function fitted(training: Trainer, options: Partial<FitOptions>, most = Number.POSITIVE_INFINITY): Promise<Report[]> {
  const reports: Report[] = [];
  for await (const progress of training.fit(TRAIN, { ...FIT, ...options } as FitOptions)) {
    reports.push({ progress, weights: await Promise.all(progress.replicas.map((_, replica) => training.weights(replica))) });
    if (reports.length === most) break;
  }
  return reports;
}

async function withTrainer<T>(options: Partial<TrainerOptions>, use: (training: Trainer) => Promise<T>): Promise<T> {
  const training = await trainer(gpu, MODEL, { ...OPTIONS, ...options });
  try {
    return await use(training);
  } finally {
    await training.destroy();
  }
}

const whole = (options: Partial<TrainerOptions>, fit: Partial<FitOptions>) =>
  withTrainer(options, (training) => fitted(training, fit));

const last = (reports: readonly Report[]): Report => reports.at(-1) as Report;
const validationLoss = ({ progress }: Report): number => progress.validation?.loss ?? Number.NaN;

/** What the rule says of the losses at evaluations: how many it takes, and which is the best. */
function rule(losses: readonly number[], patience: number): { count: number; best: number } {
  let best = 0;
  for (let index = 0; index < losses.length; index++) {
    if ((losses[index] ?? 0) < (losses[best] ?? 0)) best = index;
    if (index - best >= patience) return { count: index + 1, best };
  }
  return { count: losses.length, best };
}

describe('early stopping', () => {
  test('ends after so many evaluations without a better one, and brings the best weights back, running statistics included', async () => {
    const free = await whole({}, {});
    const { count, best } = rule(free.map(validationLoss), STOP.patience);
    expect(count).toBeLessThan(free.length);
    expect(best).toBeGreaterThan(0);
    await withTrainer({}, async (training) => {
      const stopped = await fitted(training, { stop: STOP });
      expect(stopped.map(validationLoss)).toEqual(free.slice(0, count).map(validationLoss));
      expect(last(stopped).weights).toEqual(free[best]?.weights);
      expect((await training.evaluate(VALIDATE)).loss).toBe(validationLoss(free[best] as Report));
      expect(last(stopped).progress).toMatchObject({ step: 3 * count, steps: 200, etaMs: 0 });
      const told = stopped.map(({ progress }) => progress.stop);
      expect(told.at(-1)).toEqual({ best: validationLoss(free[best] as Report), step: 3 * (best + 1), left: 0 });
      expect(told[best]?.left).toBe(STOP.patience);
      expect(training.step).toBe(3 * count);
    });
  });

  test('by accuracy, which shall rise', async () => {
    const free = await whole({}, {});
    const wrong = free.map(({ progress }) => 1 - (progress.validation?.accuracy ?? Number.NaN));
    const { count, best } = rule(wrong, 3);
    const stopped = await whole({}, { stop: { metric: 'accuracy', patience: 3 } });
    expect(stopped.length).toBe(count);
    expect(last(stopped).weights).toEqual(free[best]?.weights);
  });

  test('leaves the last weights where the best are not wanted', async () => {
    const free = await whole({}, {});
    const { count } = rule(free.map(validationLoss), STOP.patience);
    const stopped = await whole({}, { stop: { ...STOP, best: false } });
    expect(stopped.length).toBe(count);
    expect(last(stopped).weights).toEqual(free[count - 1]?.weights);
  });

  test('brings the best weights back where the steps end before patience does', async () => {
    const free = await whole({}, { steps: 48 });
    const { count, best } = rule(free.map(validationLoss), 1000);
    expect(best).toBeLessThan(count - 1);
    const patient = await whole({}, { steps: 48, stop: { ...STOP, patience: 1000 } });
    expect(patient.length).toBe(count);
    expect(last(patient).weights).toEqual(free[best]?.weights);
  });

  test.each([true, false])('gives each replica what it would have alone; best weights: %s', async (best) => {
    const stop = { ...STOP, best };
    const [together] = [await whole({ seed: [2, 6, 5], replicas: 3, learningRates: [0.02, 0.02, 0.05] }, { stop })];
    const ends: number[] = [];
    for (const [replica, [seed, rate]] of [
      [2, 0.02],
      [6, 0.02],
      [5, 0.05],
    ].entries()) {
      const alone = await whole({ seed: [seed as number], learningRates: [rate as number] }, { stop });
      expect(last(together).weights[replica], `replica ${replica}`).toEqual(last(alone).weights[0]);
      expect(last(together).progress.replicas[replica]?.stop).toEqual(last(alone).progress.stop);
      ends.push(last(alone).progress.step);
    }
    expect(last(together).progress.step).toBe(Math.max(...ends));
    expect(new Set(ends).size).toBeGreaterThan(1);
  });

  test('begins anew in the next fit', () =>
    withTrainer({}, async (training) => {
      const first = await fitted(training, { stop: STOP });
      const second = await fitted(training, { stop: STOP });
      expect(second[0]?.progress.stop).toMatchObject({ step: second[0]?.progress.step ?? 0, left: STOP.patience });
      expect(second[0]?.progress.step).toBeGreaterThan(last(first).progress.step);
    }));
});

describe('a fit that was broken off', () => {
  const BOTH = { stop: STOP, plateau: { patience: 2, factor: 0.5 } };

  test.each(['in its own trainer', 'in another one, by a checkpoint'])('goes on %s as if it had not been', async (where) => {
    const unbroken = await whole({}, BOTH);
    const broken = 5;
    expect(unbroken.length).toBeGreaterThan(broken + 1);
    const rest = { ...BOTH, steps: FIT.steps - 3 * broken };
    const resumed = await withTrainer({}, async (training) => {
      await fitted(training, BOTH, broken);
      if (where.startsWith('in its own')) return fitted(training, rest);
      const bytes = encodeCheckpoint(await training.checkpoint());
      return withTrainer({}, (other) => {
        other.restore(decodeCheckpoint(bytes));
        return fitted(other, rest);
      });
    });
    expect(resumed.map(validationLoss)).toEqual(unbroken.slice(broken).map(validationLoss));
    expect(last(resumed).weights).toEqual(last(unbroken).weights);
    expect(last(resumed).progress.stop).toEqual(last(unbroken).progress.stop);
    expect(last(resumed).progress.learningRate).toEqual(last(unbroken).progress.learningRate);
  });

  test('goes on as another where it is asked for another metric', () =>
    withTrainer({}, async (training) => {
      await fitted(training, { stop: STOP }, 5);
      const [first] = await fitted(training, { stop: { ...STOP, metric: 'accuracy' } }, 1);
      expect(first?.progress.stop).toMatchObject({ step: first?.progress.step, left: STOP.patience });
    }));

  test.each([
    ['loss', {}, { loss: { type: 'softmaxCrossEntropy', reduction: 'sum' } }],
    ['weights', {}, { averaging: { decay: 0.9 } }],
  ] as const)('begins anew where the evaluations are of other %s', async (_, before, after) => {
    const checkpoint = await withTrainer(before, async (training) => {
      await fitted(training, { stop: STOP }, 5);
      return training.checkpoint();
    });
    await withTrainer(after, async (other) => {
      other.restore(checkpoint);
      const [first] = await fitted(other, { stop: STOP }, 1);
      expect(first?.progress.stop).toMatchObject({ step: first?.progress.step, left: STOP.patience });
    });
  });

  test('leaves its present weights', () =>
    withTrainer({}, async (training) => {
      const free = await whole({}, { steps: 15 });
      expect(last(await fitted(training, { stop: STOP }, 5)).weights).toEqual(last(free).weights);
    }));

  test('has its checkpoint refused where it was tampered with', () =>
    withTrainer({}, async (training) => {
      await fitted(training, { stop: STOP }, 5);
      const checkpoint = await training.checkpoint();
      for (const watch of [null, {}, { of: '', replicas: [] }, { of: '', replicas: [{ stop: { best: 'low' } }] }])
        expect(() => training.restore({ ...checkpoint, training: { ...checkpoint.training, watch } })).toThrow(/not made by/);
      const tensors = new Map([...checkpoint.tensors].filter(([name]) => name !== '0/kept/value/dense_1/bias'));
      expect(() => training.restore({ ...checkpoint, tensors })).toThrow(/'0\/kept\/value\/dense_1\/bias' must be \[12\]/);
    }));
});

describe('a plateau', () => {
  test('lowers the rate after so many evaluations without a better one, down to its floor', async () => {
    const plateau = { patience: 2, factor: 0.5, floor: 0.004 };
    const reports = await whole({}, { steps: 90, plateau });
    let [rate, best, waited] = [0.02, Number.POSITIVE_INFINITY, 0];
    for (const report of reports) {
      const loss = validationLoss(report);
      waited = loss < best ? 0 : waited + 1;
      best = Math.min(best, loss);
      if (waited === plateau.patience) [rate, waited] = [Math.max(plateau.floor, rate * plateau.factor), 0];
      expect(report.progress.learningRate).toBe(rate);
    }
    expect(rate).toBe(plateau.floor);
  });

  test('trains on with the lower rate', async () => {
    const plateau = { patience: 1, factor: 0.25, metric: 'accuracy' } as const;
    const reports = await whole({}, { plateau, steps: 48 });
    const lowered = reports.findIndex(({ progress }) => (progress.learningRate ?? 1) < 0.02);
    const again = reports.findIndex(({ progress }) => (progress.learningRate ?? 1) < 0.005);
    expect(again).toBeGreaterThan(lowered);
    const checkpoint = await withTrainer({}, async (training) => {
      await fitted(training, {}, lowered + 1);
      return training.checkpoint();
    });
    const slower = await withTrainer({ learningRates: [0.02 * 0.25] }, (training) => {
      training.restore(checkpoint);
      return fitted(training, { steps: 90 }, again - lowered);
    });
    expect(last(slower).weights).toEqual(reports[again]?.weights);
  });

  test('is each replica’s own', async () => {
    const plateau = { patience: 1, factor: 0.5 };
    const together = await whole({ seed: [2, 6], replicas: 2 }, { steps: 30, plateau });
    for (const [replica, seed] of [2, 6].entries()) {
      const alone = await whole({ seed: [seed] }, { steps: 30, plateau });
      expect(last(together).weights[replica]).toEqual(last(alone).weights[0]);
      expect(last(together).progress.replicas[replica]?.learningRate).toBe(last(alone).progress.learningRate);
    }
    const rates = last(together).progress.replicas.map(({ learningRate }) => learningRate);
    expect(rates[0]).not.toBe(rates[1]);
  });
});

test.each([
  [{ stop: {} }, /stop.metric must be 'loss' or 'accuracy'/],
  [{ stop: { metric: 'loss' } }, /stop.patience must be a positive integer/],
  [{ stop: { ...STOP, best: 1 } }, /stop.best must be true or false/],
  [{ stop: { ...STOP, delta: 1 } }, /unknown option 'delta'/],
  [{ plateau: { patience: 0 } }, /plateau.patience must be a positive integer/],
  [{ plateau: { patience: 1, factor: 1 } }, /plateau.factor must be above 0 and below 1/],
  [{ plateau: { patience: 1, floor: -1 } }, /plateau.floor must be at least 0/],
  [{ plateau: { patience: 1, metric: 'mean' } }, /plateau.metric must be/],
])('%j is refused', (options, message) =>
  withTrainer({}, async (training) => {
    await expect(training.fit(TRAIN, { ...FIT, ...options } as unknown as FitOptions)).rejects.toThrow(message);
  }),
);

test('frees what was to hold the kept weights where the device has no memory for it', async () => {
  let held = 0;
  const parts = {
    settings: { seeds: [0], learningRates: [1] },
    variables: [{}],
    parameters: { hasSlot: () => true, requestedRange: () => ({ buffer: { size: 4 }, offset: 0, size: 4 }) },
    workspace: {
      createBuffer: () => ++held,
      free: () => held--,
      settled: () => Promise.reject(new Error('out of memory')),
    },
  } as unknown as TrainerParts;
  const settings = { stop: { ...STOP, best: true }, plateau: undefined };
  await expect(ValidationWatch.begin(parts, settings, '')).rejects.toThrow('out of memory');
  expect(held).toBe(0);
});

test('a fit that fails as it begins to watch leaves the place in the data as it was', () =>
  withTrainer({}, async (training) => {
    await training.fit(TRAIN, { steps: 3 });
    const dataHash = async () => (await training.checkpoint()).training.dataHash;
    const before = await dataHash();
    const begin = vi.spyOn(ValidationWatch, 'begin').mockRejectedValueOnce(new Error('out of memory'));
    try {
      await expect(training.fit(VALIDATE, { ...FIT, stop: STOP })).rejects.toThrow('out of memory');
    } finally {
      begin.mockRestore();
    }
    expect(await dataHash()).toBe(before);
  }));

test('what has no accuracy is not watched by it, and nothing is watched without data to evaluate', async () => {
  const line = regression(20, 2, 1);
  const training = await trainer(gpu, model([2], [dense(1)]), { ...OPTIONS, loss: 'meanSquaredError' });
  const asked = (options: object) => training.fit(line, { steps: 2, validate: line, ...options } as FitOptions);
  await expect(asked({ stop: { metric: 'accuracy', patience: 1 } })).rejects.toThrow(
    /stop.metric is 'accuracy', which a loss of targets/,
  );
  await expect(asked({ plateau: { metric: 'accuracy', patience: 1 } })).rejects.toThrow(/plateau.metric is 'accuracy'/);
  await expect(asked({ stop: STOP, validate: undefined })).rejects.toThrow(/fit: stop needs a data set to evaluate: validate/);
  await expect(asked({ plateau: { patience: 1 }, validate: undefined })).rejects.toThrow(/fit: plateau needs a data set/);
  await training.destroy();
});
