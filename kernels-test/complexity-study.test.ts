import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseOptions, plan } from '../src/cli/complexity/options.ts';
import { ComplexityFolder } from '../src/node/complexity-folder.ts';
import { adam, dataset, digits, type Gpu, resizeArea, trainer } from '../src/node.ts';
import { networkOf } from '../src/papers/complexity/configuration.ts';
import {
  type Clock,
  complexityContext,
  type Measurement,
  type Measurements,
  measureConfigurations,
  measured,
} from '../src/papers/complexity/measure.ts';
import { openTestGpu } from './support/gpu.ts';

const CONFIGURATIONS = [
  { filters: 3, size: 8, kernel: 3, layers: 2 },
  { filters: 2, size: 8, kernel: 3, layers: 2 },
  { filters: 3, size: 6, kernel: 2, layers: 1 },
];
const SETUP = { batch: 20, epochs: 2, learningRate: 0.01, seeds: [3, 7] };
const { train, validation } = digits({ train: 100, test: 10 });
const data = { train, validation };

let gpu: Gpu;
let scratch = '';
beforeAll(async () => {
  gpu = await openTestGpu();
  scratch = await mkdtemp(join(tmpdir(), 'paredown-complexity-'));
});
afterAll(async () => {
  await gpu?.destroy();
  await rm(scratch, { recursive: true, force: true });
});

class Kept implements Measurements {
  readonly records: Measurement[] = [];
  add(record: Measurement): Promise<void> {
    this.records.push(record);
    return Promise.resolve();
  }
}

const options = (store: Measurements, changed: object = {}) => ({
  gpu,
  data,
  configurations: CONFIGURATIONS,
  setup: SETUP,
  store,
  ...changed,
});

describe('the measurement of configurations', { timeout: 120_000 }, () => {
  test('trains each on images of its own size and tests it on validation data', async () => {
    const store = new Kept();
    const yielded: Measurement[] = [];
    for await (const one of measureConfigurations(options(store))) yielded.push(one);
    expect(yielded).toEqual(store.records);
    expect(yielded.map(({ configuration }) => configuration)).toEqual(CONFIGURATIONS);
    expect(yielded[0]?.multiplications).toBe(8 * 8 * 9 * 3 + 4 * 4 * 9 * 3 * 3);

    const [configuration] = CONFIGURATIONS;
    if (!configuration) throw new Error('There is a configuration');
    const small = (from: typeof train) => {
      if (!(from.x instanceof Uint8Array)) throw new Error('digits are bytes');
      return dataset({ ...from, inputShape: [8, 8, 1], x: resizeArea(from.x, [28, 28, 1], [8, 8]) });
    };
    const steps = 2 * Math.ceil(train.size / 20);
    const expected = await Promise.all(
      SETUP.seeds.map(async (seed) => {
        const schedule = { type: 'cosine', steps } as const;
        const optimizer = adam({ learningRate: 0.01 });
        await using learner = await trainer(gpu, networkOf(configuration, 1, 10), { batch: 20, optimizer, schedule, seed });
        for await (const _ of learner.fit(small(train), { steps }));
        return learner.evaluate(small(validation));
      }),
    );
    const outcome = yielded[0]?.outcome;
    if (outcome?.status !== 'trained') throw new Error('It was trained');
    expect(outcome.accuracy).toEqual(expected.map(({ accuracy }) => accuracy));
    expect(outcome.loss).toEqual(expected.map(({ loss }) => loss));
    expect(outcome.stepMs).toBeGreaterThan(0);
  });

  test('takes the least of the slices by its clock, and leaves out the first, which compiles', async () => {
    // Ticks of a made-up clock at the reports, which come after 1, 2, ... 10 steps: 5 ms a step, but 2 between the 4th and 5th.
    let reports = 0;
    const clock: Clock = { name: 'made up', milliseconds: () => 5 * ++reports - (reports >= 5 ? 3 : 0) };
    const store = new Kept();
    const setup = { ...SETUP, seeds: [3] };
    for await (const _ of measureConfigurations(options(store, { clock, setup, configurations: CONFIGURATIONS.slice(0, 1) })));
    expect(store.records[0]?.outcome).toMatchObject({ status: 'trained', stepMs: 2 });
  });

  test('whose weights overflow in the last step has diverged, and is kept so', async () => {
    // Two steps each; the second is the one whose rate is the least of the cosine, yet too much.
    const setup = { batch: 50, epochs: 1, learningRate: 1e37, seeds: [3] };
    const store = new Kept();
    for await (const _ of measureConfigurations(options(store, { setup, configurations: CONFIGURATIONS.slice(0, 1) })));
    expect(store.records[0]?.outcome.status).toBe('diverged');
  });

  test('that comes to no finite figure on validation data has diverged', () => {
    const trained = { status: 'trained', accuracy: [0.1], balancedAccuracy: [0.1], loss: [2], stepMs: 1 } as const;
    expect(measured(trained)).toEqual(trained);
    expect(measured({ ...trained, loss: [Number.NaN] })).toEqual({
      status: 'diverged',
      reason: 'On validation data, loss became NaN',
    });
    expect(measured({ ...trained, accuracy: [Number.NaN] }).status).toBe('diverged');
  });

  test('goes on after an abort and repeats nothing', async () => {
    const store = new Kept();
    const abort = new AbortController();
    const aborted = async () => {
      for await (const _ of measureConfigurations(options(store, { signal: abort.signal }))) abort.abort();
    };
    await expect(aborted()).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }));
    expect(store.records).toHaveLength(1);
    for await (const _ of measureConfigurations(options(store)));
    expect(store.records.map(({ configuration }) => configuration)).toEqual(CONFIGURATIONS);
    for await (const one of measureConfigurations(options(store))) expect.fail(`${one.key} was measured again`);
  });

  test.each([
    ['a batch larger than the data', { setup: { ...SETUP, batch: 101 } }, 'A batch of 101 is larger than'],
    ['a training of one step', { setup: { ...SETUP, batch: 100, epochs: 1 } }, 'at least 2 steps'],
    ['data that are no bytes', { data: { train: { ...train, x: new Float32Array(train.x) }, validation } }, 'images of bytes'],
    ['a size too small', { configurations: [{ filters: 1, size: 1, kernel: 1, layers: 1 }] }, 'too small'],
  ])('refuses %s', async (_, changed, message) => {
    const run = async () => {
      for await (const one of measureConfigurations(options(new Kept(), changed))) expect.fail(one.key);
    };
    await expect(run()).rejects.toThrow(message);
  });
});

describe('a folder of measurements', { timeout: 120_000 }, () => {
  async function folderOf() {
    const folder = await mkdtemp(join(scratch, 'study-'));
    const context = await complexityContext({ gpu, data, setup: SETUP });
    const store = await ComplexityFolder.open(folder, context);
    for await (const _ of measureConfigurations(options(store)));
    return { folder, context, records: [...store.records], file: join(folder, 'measurements.jsonl') };
  }

  test('is the same when it is opened again, without what was cut off or damaged', async () => {
    const { folder, context, records, file } = await folderOf();
    expect((await ComplexityFolder.open(folder, context)).records).toEqual(records);
    const text = await readFile(file, 'utf8');
    await appendFile(file, '{"key":"dam\n{"key":1}\n{"key":"cut');
    const damaged = await ComplexityFolder.open(folder, context);
    expect(damaged.records).toEqual(records);
    expect(damaged.problems.map((problem) => /line \d/.exec(problem)?.[0])).toEqual(['line 4', 'line 5', 'line 6']);
    expect(await readFile(file, 'utf8')).toBe(text);
    await writeFile(file, text.slice(0, -2));
    expect((await ComplexityFolder.open(folder, context)).records).toEqual(records.slice(0, -1));
  });

  test('calls diverged what version 0.1 kept as trained, with null for what was not finite', async () => {
    const { folder, context, file } = await folderOf();
    const text = await readFile(file, 'utf8');
    await writeFile(file, text.replace(/"loss":\[[^\]]*\]/, '"loss":[null,0.5]'));
    const { problems, records } = await ComplexityFolder.open(folder, context);
    expect(problems).toEqual([]);
    expect(records.map(({ outcome }) => outcome.status)).toEqual(['diverged', 'trained', 'trained']);
  });

  test('keeps what was measured otherwise, and does not take it for its own', async () => {
    const { folder, context, records } = await folderOf();
    const other = await complexityContext({ gpu, data, setup: { ...SETUP, epochs: 3 } });
    expect((await ComplexityFolder.open(folder, other)).records).toEqual([]);
    const clock = { name: 'another', milliseconds: () => 0 };
    expect((await ComplexityFolder.open(folder, await complexityContext({ gpu, data, setup: SETUP, clock }))).records).toEqual(
      [],
    );
    expect((await ComplexityFolder.open(folder, other, { fresh: true })).records).toEqual([]);
    expect((await ComplexityFolder.open(folder, context)).records).toEqual(records);
    expect((await ComplexityFolder.open(folder, context, { fresh: true })).records).toEqual([]);
    expect((await ComplexityFolder.open(folder, context)).records).toEqual([]);
  });
});

describe('the command line', () => {
  const parse = (...args: string[]) => parseOptions(['--data', 'mnist', ...args]);

  const planned = (...args: string[]) => plan(parse(...args) ?? expect.fail('help'), 28);

  test('takes a baseline; what it leaves out is the published one’s', () => {
    expect(planned('--baseline', 'f=16,s=20').baseline).toEqual({ filters: 16, size: 20, kernel: 5, layers: 3 });
    expect(parse()).toMatchObject({ epochs: 10, checks: 50, only: 'all', fresh: false });
  });

  test('never enlarges the images: an s that is left out is their own, and one above it is refused', () => {
    const { baseline, note } = planned('--baseline', 'f=16,k=5,l=3');
    expect(baseline).toEqual({ filters: 16, size: 28, kernel: 5, layers: 3 });
    expect(note).toBe("s of the baseline is 28, the images' own size, instead of the published 64");
    expect(planned('--baseline', 'f=16', '--max-size', '20')).toMatchObject({
      baseline: { size: 20 },
      note: 's of the baseline is 20, by --max-size, instead of the published 64',
    });
    expect(planned('--baseline', 's=28').note).toBeUndefined();
    expect(plan(parse('--baseline', 'f=16') ?? expect.fail('help'), 64).note).toBeUndefined();
    expect(() => planned('--baseline', 's=29')).toThrow("s=29 is above the images' own size, 28");
    expect(() => planned('--max-size', '64')).toThrow("--max-size 64 is above the images' own size, 28");
  });

  test.each([
    [['--baseline', 'f=16,q=3'], 'It must be like f=16'],
    [['--baseline', 'f=0'], 'It must be like f=16'],
    [['--baseline', 'f=1.5'], 'It must be like f=16'],
    [['--sizes', '8,x'], 'It must be whole numbers'],
    [['--only', 'some'], 'It must be all or sweeps'],
    [['--epochs', '0'], 'an integer from 1'],
    [['more'], 'too many arguments'],
    [['--nothing'], 'unknown option'],
  ])('refuses %j', (args, message) => expect(() => parse(...args)).toThrow(message));

  test('draws no random configurations for one parameter at a time, unless they are asked for', () => {
    expect(parse('--only', 'sweeps')?.checks).toBe(0);
    expect(parse('--only', 'sweeps', '--checks', '7')?.checks).toBe(7);
    expect(parse('--only', 'all')?.checks).toBe(50);
    expect(parse('--checks', '0')?.checks).toBe(0);
  });

  test('plans the candidate values', () => {
    expect(planned().baseline).toEqual({ filters: 64, size: 28, kernel: 5, layers: 3 });
    expect(planned('--max-size', '20').values.size[0]).toBe(20);
    expect(planned('--baseline', 'f=8,s=20', '--filters', '2,4', '--sizes', '10').values).toMatchObject({
      filters: [8, 4, 2],
      size: [20, 10],
    });
    expect(() => planned('--baseline', 'f=8', '--filters', '9')).toThrow("above the baseline's, 8");
    expect(() => planned('--baseline', 's=20', '--max-size', '10')).toThrow('above --max-size 10');
    expect(() => planned('--baseline', 's=3,l=3')).toThrow('too small for 3 poolings');
  });
});
