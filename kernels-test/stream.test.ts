import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  conv2d,
  DataError,
  type DataStream,
  type Dataset,
  dataset,
  decodeCheckpoint,
  dense,
  dropout,
  encodeCheckpoint,
  type FitOptions,
  flatten,
  type Gpu,
  model,
  OptionError,
  type Progress,
  type StreamBatch,
  sgd,
  subset,
  type Trainer,
  type TrainerOptions,
  trainer,
  type Weights,
} from '../src/node.ts';
import { orAborted } from '../src/train/or-aborted.ts';
import { noise, regression } from './support/datasets.ts';
import { openTestGpu } from './support/gpu.ts';

const MODEL = model([6, 6, 1], [conv2d(3, 3, { activation: 'relu' }), flatten(), dropout(0.2), dense(4)]);
const OPTIONS: TrainerOptions = {
  batch: 8,
  optimizer: sgd({ learningRate: 0.05, momentum: 0.9 }),
  seed: 3,
  augment: { shift: 1 },
};
const FLOATS = noise(100, [6, 6, 1], 4);
const BYTES = dataset({
  inputShape: [6, 6, 1],
  x: Uint8Array.from(FLOATS.x, (value) => Math.min(255, Math.max(0, Math.round(128 + 50 * value)))),
  y: FLOATS.y,
  classes: 4,
});
const VALIDATE = noise(20, [6, 6, 1], 4, 2);

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu?.destroy());

interface Spy {
  /** Where each epoch was asked for. */
  readonly starts: { epoch: number; skip: number }[];
  opened: number;
  closed: number;
  /** Batches given. */
  given: number;
}

/** A data set as a stream, in batches of these lengths over and over. */
function streamOf(data: Dataset, lengths: readonly number[] = [7], options: Partial<DataStream> = {}): DataStream & { spy: Spy } {
  const spy: Spy = { starts: [], opened: 0, closed: 0, given: 0 };
  const [length, target] = [data.x.length / data.size, data.y.length / data.size];
  const stream: DataStream = {
    inputShape: data.inputShape,
    ...(data.classes !== undefined && { classes: data.classes }),
    ...(data.targetShape && { targetShape: data.targetShape }),
    async *batches({ epoch, skip }) {
      spy.starts.push({ epoch, skip });
      spy.opened++;
      try {
        for (let at = skip, turn = 0; at < data.size; turn++) {
          const end = Math.min(data.size, at + (lengths[turn % lengths.length] ?? 1));
          spy.given++;
          yield { x: data.x.slice(at * length, end * length), y: data.y.slice(at * target, end * target) };
          at = end;
          await new Promise((resolve) => setTimeout(resolve, 0));
        }
      } finally {
        spy.closed++;
      }
    },
    ...options,
  };
  return Object.defineProperty(stream as DataStream & { spy: Spy }, 'spy', { value: spy });
}

async function withTrainer<T>(
  use: (training: Trainer) => Promise<T>,
  options: Partial<TrainerOptions> = {},
  m = MODEL,
): Promise<T> {
  const training = await trainer(gpu, m, { ...OPTIONS, ...options });
  try {
    return await use(training);
  } finally {
    await training.destroy();
  }
}

async function all(fit: AsyncIterable<Progress>): Promise<Progress[]> {
  const reports: Progress[] = [];
  for await (const report of fit) reports.push(report);
  return reports;
}

async function trained(
  stream: DataStream,
  fit: FitOptions,
  options?: Partial<TrainerOptions>,
): Promise<{ reports: Progress[]; weights: Weights; step: number }> {
  return withTrainer(async (training) => {
    const reports = await all(training.fit(stream, fit));
    return { reports, weights: await training.weights(), step: training.step };
  }, options);
}

const whatMatters = ({ step, epoch, loss, accuracy }: Progress) => ({ step, epoch, loss, accuracy });

describe('a stream', () => {
  test.each([
    ['bytes', BYTES],
    ['floats', FLOATS],
  ])('trains on its samples in their order, whatever the lengths of its batches: %s', async (_, data) => {
    const fit = { epochs: 3, reportEvery: 1 };
    const one = await trained(streamOf(data, [1]), fit);
    // 100 samples are 13 batches of 8, the last of which is short.
    expect(one.step).toBe(39);
    for (const lengths of [[8], [100], [3, 0, 50, 1], [13, 64]]) {
      const other = await trained(streamOf(data, lengths), fit);
      expect(other.reports.map(whatMatters), `${lengths}`).toEqual(one.reports.map(whatMatters));
      expect(other.weights).toEqual(one.weights);
    }
    expect(one.reports.map(({ epoch }) => epoch)).toEqual(Array.from({ length: 39 }, (__, step) => Math.floor(step / 13)));
  });

  test('is what a data set of one batch is, step by step', async () => {
    const few = subset(BYTES, 0, 8, 'few');
    const [streamed, resident] = [
      await trained(streamOf(few, [5]), { steps: 6, reportEvery: 1 }, { augment: { flip: 'both' } }),
      await withTrainer(async (training) => all(training.fit(few, { steps: 6, reportEvery: 1 })), { augment: { flip: 'both' } }),
    ];
    // The data set's order is shuffled: the same eight samples, in sums of another order and with other rows' dropout.
    expect(streamed.reports.map(({ step, epoch }) => [step, epoch])).toEqual(resident.map(({ step, epoch }) => [step, epoch]));
    expect(streamed.reports).toHaveLength(6);
  });

  test('of targets is regressed, exactly as by hand', async () => {
    const line = regression(12, 1, 1);
    const m = model([1], [dense(1, { bias: false, init: { type: 'zeros' } })]);
    const options = { batch: 4, optimizer: sgd({ learningRate: 0.5 }), loss: 'meanSquaredError', augment: undefined } as const;
    let w = 0;
    for (let first = 0; first < 12; first += 4) {
      let slope = 0;
      for (let i = first; i < first + 4; i++) slope += (2 * (w * (line.x[i] ?? 0) - (line.y[i] ?? 0)) * (line.x[i] ?? 0)) / 4;
      w -= 0.5 * slope;
    }
    await withTrainer(
      async (training) => {
        await training.fit(streamOf(line, [5]), { epochs: 1 });
        expect((await training.weights()).get('dense_1/weights')?.data[0]).toBeCloseTo(w, 5);
      },
      options,
      m,
    );
  });

  test('longer than a shard is trained on shard by shard, and read no further than is needed', async () => {
    const data = noise(4000, [6, 6, 1], 4, 9);
    const stream = streamOf(data, [10]);
    const whole = await trained(stream, { steps: 430, reportEvery: 43 });
    expect(whole.step).toBe(430);
    // 430 batches of 8: less than an epoch; the batch behind the last one is looked at.
    expect(stream.spy.given).toBeLessThanOrEqual(345);
    expect(stream.spy.closed).toBe(stream.spy.opened);
    const other = await trained(streamOf(data, [333]), { steps: 430, reportEvery: 43 });
    expect(other.reports.map(whatMatters)).toEqual(whole.reports.map(whatMatters));
    expect(other.weights).toEqual(whole.weights);
  });

  test('gives each replica what it would have alone', () =>
    withTrainer(
      async (training) => {
        await training.fit(streamOf(FLOATS), { epochs: 2 });
        for (const [replica, seed] of [5, 9].entries()) {
          const alone = await trained(streamOf(FLOATS), { epochs: 2 }, { seed: [seed] });
          expect(await training.weights(replica)).toEqual(alone.weights);
        }
      },
      { seed: [5, 9], replicas: 2 },
    ));
});

describe('epochs', () => {
  test('are asked for one after the other, and evaluated at their ends, with a size and without', async () => {
    for (const size of [undefined, 100]) {
      const stream = streamOf(FLOATS, [9], { ...(size !== undefined && { size }) });
      const { reports } = await trained(stream, { epochs: 3, validate: VALIDATE, reportEvery: 1000 });
      expect(stream.spy.starts.slice(0, 3)).toEqual([0, 1, 2].map((epoch) => ({ epoch, skip: 0 })));
      expect(reports.map(({ step }) => step)).toEqual([13, 26, 39]);
      expect(reports.every(({ validation }) => validation)).toBe(true);
      expect(reports.map(({ epoch }) => epoch)).toEqual([0, 1, 2]);
      expect(reports.at(-1)).toMatchObject({ steps: 39, etaMs: 0 });
      expect(reports[0]?.steps).toEqual(size === undefined ? Number.NaN : 39);
    }
  });

  test('roll over where steps are asked for', async () => {
    const { step, reports } = await trained(streamOf(FLOATS), { steps: 20, reportEvery: 5 });
    expect(step).toBe(20);
    expect(reports.map(({ epoch }) => epoch)).toEqual([0, 0, 1, 1]);
  });

  test('may differ in length where no size is given', async () => {
    const stream = streamOf(FLOATS, [10], {
      async *batches({ epoch }) {
        yield* streamOf(subset(FLOATS, 0, epoch === 0 ? 20 : 50, 'part'), [10]).batches({ epoch, skip: 0 });
      },
    });
    const { reports } = await trained(stream, { epochs: 2, validate: VALIDATE, reportEvery: 1000 });
    expect(reports.map(({ step }) => step)).toEqual([3, 10]);
  });
});

describe('a training that was broken off', () => {
  test.each([
    ['in the middle of an epoch', 17, undefined],
    ['in the middle of an epoch of a known size', 17, 100],
    ['at the end of an epoch', 26, undefined],
    ['behind a first step', 1, 100],
  ])('goes on %s as if it had not been', async (_, broken, size) => {
    const options = { ...(size !== undefined && { size }) };
    const fit = { steps: 45, reportEvery: 1, validate: VALIDATE };
    const unbroken = await trained(streamOf(BYTES, [7], options), fit);
    const bytes = await withTrainer(async (training) => {
      for await (const { step } of training.fit(streamOf(BYTES, [11], options), fit)) if (step === broken) break;
      return encodeCheckpoint(await training.checkpoint());
    });
    await withTrainer(async (training) => {
      training.restore(decodeCheckpoint(bytes));
      const stream = streamOf(BYTES, [30], options);
      const reports = await all(training.fit(stream, { ...fit, steps: 45 - broken }));
      expect(stream.spy.starts[0]).toEqual({ epoch: Math.floor(broken / 13), skip: (broken % 13) * 8 });
      expect(reports.map(whatMatters)).toEqual(unbroken.reports.slice(broken).map(whatMatters));
      expect(reports.map(({ validation }) => validation?.loss)).toEqual(
        unbroken.reports.slice(broken).map(({ validation }) => validation?.loss),
      );
      expect(await training.weights()).toEqual(unbroken.weights);
    });
  });

  test('in its own trainer goes on too; another stream, or a data set between, begins anew', () =>
    withTrainer(async (training) => {
      await training.fit(streamOf(FLOATS), { steps: 5 });
      const again = streamOf(FLOATS);
      await training.fit(again, { steps: 5 });
      expect(again.spy.starts[0]).toEqual({ epoch: 0, skip: 40 });
      const other = streamOf(FLOATS, [7], { name: 'other' });
      await training.fit(other, { steps: 2 });
      expect(other.spy.starts[0]).toEqual({ epoch: 0, skip: 0 });
      await training.fit(FLOATS, { steps: 2 });
      const once = streamOf(FLOATS, [7], { name: 'other' });
      await training.fit(once, { steps: 2 });
      expect(once.spy.starts[0]).toEqual({ epoch: 0, skip: 0 });
    }));

  test('by an abort leaves nothing behind, whether steps run or the stream is waited for', () =>
    withTrainer(async (training) => {
      const stop = new AbortController();
      const busy = streamOf(FLOATS);
      const aborted = (async () => {
        for await (const { step } of training.fit(busy, { steps: 1e6, reportEvery: 10, signal: stop.signal }))
          if (step === 50) stop.abort();
      })();
      await expect(aborted).rejects.toMatchObject({ name: 'AbortError' });
      // A batch that is waited for comes first.
      await expect.poll(() => busy.spy.opened - busy.spy.closed).toBe(0);

      for (const before of [0, 3]) {
        const late = new AbortController();
        let isClosed = false;
        const stuck: DataStream = {
          inputShape: [6, 6, 1],
          classes: 4,
          batches: () => {
            let given = 0;
            return {
              [Symbol.asyncIterator]: () => ({
                next: () =>
                  given++ < before
                    ? Promise.resolve({ value: { x: FLOATS.x.slice(0, 36 * 8), y: FLOATS.y.slice(0, 8) }, done: false as const })
                    : new Promise<never>(() => {}),
                return: async () => {
                  isClosed = true;
                  return { value: undefined, done: true as const };
                },
              }),
            };
          },
        };
        setTimeout(() => late.abort(), 300);
        await expect(training.fit(stuck, { steps: 100, signal: late.signal })).rejects.toMatchObject({ name: 'AbortError' });
        expect(isClosed).toBe(true);
      }
      await training.fit(streamOf(FLOATS), { steps: 2 });
    }));
});

describe('a stream is refused, and closed,', () => {
  const wrong = (batches: (place: { epoch: number }) => AsyncGenerator<unknown>, options: Partial<DataStream> = {}): DataStream =>
    ({ name: 'wrong', inputShape: [6, 6, 1], classes: 4, batches, ...options }) as unknown as DataStream;
  const good = (count = 8): StreamBatch => ({ x: FLOATS.x.slice(0, 36 * count), y: FLOATS.y.slice(0, count) });
  const CASES: readonly [string, DataStream, RegExp][] = [
    ['without samples', wrong(async function* () {}), /stream "wrong", epoch 0, behind 0 samples: it has no samples/],
    [
      'that is empty in a later epoch',
      wrong(async function* ({ epoch }) {
        if (epoch === 0) yield good();
      }),
      /epoch 1, behind 0 samples: it has no samples/,
    ],
    [
      'that ends early',
      wrong(
        async function* () {
          yield good(20);
        },
        { size: 30 },
      ),
      /it ended after 20 samples, but its size is 30/,
    ],
    [
      'that gives too much',
      wrong(
        async function* () {
          yield good(20);
          yield good(20);
        },
        { size: 30 },
      ),
      /it gave 40 samples or more, but its size is 30/,
    ],
    [
      'that throws',
      wrong(async function* () {
        yield good();
        throw new TypeError('no such file');
      }),
      /epoch 0, behind 8 samples: it failed: no such file/,
    ],
    [
      'of a label that is no class',
      wrong(async function* () {
        yield good();
        yield { ...good(1), y: Uint8Array.of(4) };
      }),
      /^stream "wrong": epoch 0, the batch behind 8 samples: the label of sample 0 is 4/,
    ],
    [
      'of another shape',
      wrong(async function* () {
        yield { x: new Float32Array(35), y: Uint8Array.of(1) };
      }),
      /x has 35 elements/,
    ],
    [
      'of fewer labels than samples',
      wrong(async function* () {
        yield { ...good(), y: Uint8Array.of(1) };
      }),
      /8 samples but 1 labels/,
    ],
    [
      'of samples that are not finite',
      wrong(async function* () {
        yield { x: new Float32Array(36).fill(Number.NaN), y: Uint8Array.of(1) };
      }),
      /x\[0\] is NaN/,
    ],
    [
      'partly of bytes',
      wrong(async function* () {
        yield good();
        yield { x: new Uint8Array(36), y: Uint8Array.of(1) };
      }),
      /partly bytes, partly floats/,
    ],
    [
      'of something else',
      wrong(async function* () {
        yield [1, 2];
      }),
      /a batch must be \{ x, y \}, typed arrays both/,
    ],
    ['that is no stream', wrong((() => [good()]) as never), /batches must give an async iterable/],
    [
      'of another shape than the model',
      wrong(async function* () {}, { inputShape: [5, 5, 1] }),
      /its samples are \[5, 5, 1\], but the model takes \[6, 6, 1\]/,
    ],
    [
      'with an option that it has not',
      wrong(async function* () {}, { shuffle: true } as object),
      /^stream "wrong": unknown option 'shuffle'; it takes name, size/,
    ],
    ['of other classes', wrong(async function* () {}, { classes: 5 }), /it has 5 classes/],
    ['of neither classes nor targets', wrong(async function* () {}, { classes: undefined as never }), /give either classes/],
    ['smaller than a batch', wrong(async function* () {}, { size: 5 }), /has 5 samples, fewer than one batch of 8/],
    ['without a shape', wrong(async function* () {}, { inputShape: undefined as never }), /inputShape must be an array of sizes/],
    ['of a size that is none', wrong(async function* () {}, { size: 1.5 }), /size must be a number of samples/],
  ];
  test.each(CASES)('%s', async (_, stream, message) => {
    let open = 0;
    const told: DataStream = {
      ...stream,
      async *batches(place) {
        const batches = stream.batches(place);
        if (!(Symbol.asyncIterator in batches)) return;
        open++;
        try {
          yield* batches;
        } finally {
          open--;
        }
      },
    };
    await withTrainer(async (training) => {
      const direct = message.source.includes('async iterable');
      const error = await training.fit(direct ? stream : told, { steps: 100 }).catch((found: unknown) => found);
      expect((error as Error).message).toMatch(message);
      expect(error).toSatisfy(
        (found) => found instanceof DataError || found instanceof OptionError || (found as Error).name === 'ShapeError',
      );
      await expect.poll(() => open).toBe(0);
      // The trainer goes on.
      expect((await training.fit(streamOf(FLOATS), { steps: 1 })).loss).toBeGreaterThan(0);
    });
  });
});

test.each([
  [
    'throws',
    () => {
      throw new Error('no end');
    },
  ],
  ['gives no promise', () => ({})],
])('a stream whose return %s ends as it ended', (_, end) =>
  withTrainer(async (training) => {
    const next = () => Promise.reject(new Error('no such file'));
    const broken = { ...streamOf(FLOATS), batches: () => ({ [Symbol.asyncIterator]: () => ({ next, return: end }) }) };
    await expect(training.fit(broken as unknown as DataStream, { steps: 1 })).rejects.toThrow('no such file');
  }),
);

test('an object of a class with a state of its own is a stream', () =>
  withTrainer(async (training) => {
    class Samples implements DataStream {
      readonly inputShape = [6, 6, 1];
      readonly classes = 4;
      asked = 0;
      batches(place: { epoch: number; skip: number }) {
        this.asked++;
        return streamOf(FLOATS).batches(place);
      }
    }
    const samples = new Samples();
    await training.fit(samples, { steps: 1 });
    expect(samples.asked).toBe(1);
  }));

test('a stream is not distilled from, and the error says what is', () =>
  withTrainer(
    async (training) => {
      await expect(training.fit(streamOf(FLOATS), { steps: 1 })).rejects.toThrow(
        /a stream has no teacherLogits, from which distillation learns; train on a data set/,
      );
    },
    { loss: { type: 'distillation', temperature: 2, weight: 0.5 } },
  ));

test('classes are not balanced by a stream, and the error says what to do', () =>
  withTrainer(
    async (training) => {
      await expect(training.fit(streamOf(FLOATS), { steps: 1 })).rejects.toThrow(
        /a stream are not counted beforehand, as classWeights 'balanced' need; give the trainer a number for each class/,
      );
    },
    { classWeights: 'balanced' },
  ));

test('a shard is of at most 16 MB, its targets counted too', () =>
  withTrainer(
    async (training) => {
      const wide: DataStream = {
        inputShape: [1],
        targetShape: [2 ** 15],
        async *batches() {
          for (;;) yield { x: Float32Array.of(1), y: new Float32Array(2 ** 15) };
        },
      };
      const sizes: number[] = [];
      const create = gpu.device.createBuffer.bind(gpu.device);
      gpu.device.createBuffer = (descriptor) => {
        sizes.push(descriptor.size);
        return create(descriptor);
      };
      try {
        await training.fit(wide, { steps: 1 });
      } finally {
        Reflect.deleteProperty(gpu.device, 'createBuffer');
      }
      expect(Math.max(...sizes)).toBeLessThanOrEqual(16 * 2 ** 20);
    },
    { batch: 1, loss: 'meanSquaredError', augment: undefined },
    model([1], [dense(2 ** 15, { bias: false })]),
  ));

test('what is waited for under a signal that was aborted before is not waited for', async () => {
  expect(await orAborted(new Promise(() => {}), AbortSignal.abort())).toBeUndefined();
  expect(await orAborted(Promise.reject(new Error('late')), AbortSignal.abort())).toBeUndefined();
});

test('a long stream takes no more memory than a short one', () =>
  withTrainer(async (training) => {
    const endless: DataStream = {
      inputShape: [6, 6, 1],
      classes: 4,
      async *batches() {
        for (;;) yield { x: FLOATS.x, y: FLOATS.y };
      },
    };
    let live = 0;
    const create = gpu.device.createBuffer.bind(gpu.device);
    const counts: number[] = [];
    gpu.device.createBuffer = (descriptor) => {
      live++;
      return create(descriptor);
    };
    try {
      for await (const { step } of training.fit(endless, { steps: 2000, reportEvery: 500 })) {
        if (step === 1000) live = 0;
        counts.push(live);
      }
    } finally {
      Reflect.deleteProperty(gpu.device, 'createBuffer');
    }
    // Between the shards that lie there no buffer is made.
    expect(counts.at(-1)).toBe(0);
  }));
