import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { APART } from '../src/kernels/fused.ts';
import { Network } from '../src/model/network.ts';
import {
  adam,
  conv2d,
  dense,
  flatten,
  type Gpu,
  maxPool2d,
  model,
  predictor,
  sgd,
  type TunedKernel,
  trainer,
  tune,
} from '../src/node.ts';
import { type PlannedDecision, planFusions } from '../src/plan/decisions.ts';
import { loadFamilies } from '../src/plan/layout.ts';
import { trainerSettings } from '../src/train/options.ts';
import { trainingGraph, updateOf } from '../src/train/training-graph.ts';
import { tuneDecisions } from '../src/tune/tuner.ts';
import { noise } from './support/datasets.ts';
import { openTestGpu } from './support/gpu.ts';

const MODEL = model([9, 9, 2], [conv2d(8, 3, { padding: 'same', activation: 'relu' }), maxPool2d(3), flatten(), dense(4)]);
const DATA = noise(23, MODEL.input, 4);
const OPTIONS = { batch: 6, optimizer: adam({ learningRate: 0.01 }), seed: 3 } as const;

let gpu: Gpu;
let cache: string;
const before = process.env.XDG_CACHE_HOME;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(async () => {
  if (before === undefined) delete process.env.XDG_CACHE_HOME;
  else process.env.XDG_CACHE_HOME = before;
  await gpu?.destroy();
});
beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), 'paredown-tune-'));
  process.env.XDG_CACHE_HOME = cache;
  return () => rmSync(cache, { recursive: true });
});

/** A kernel that counts to `turns` in one invocation. */
function counting(name: string, turns: number) {
  const code = `@group(0) @binding(0) var<storage, read_write> y: array<u32>;
    @compute @workgroup_size(1) fn main() {
      var x = y[0];
      for (var i = 0u; i < ${turns}u; i++) { x = x * 1664525u + 1013904223u; }
      y[0] = x;
    }`;
  return {
    variant: name,
    kernel: { name: `counting/${name}`, code, bindings: ['write'] as const, workgroups: [1, 1, 1] as const },
  };
}

function decision(turns: Record<string, number>, variant: string): PlannedDecision {
  const candidates = () => Object.entries(turns).map(([name, count]) => counting(name, count));
  return {
    decision: { family: 'counting', problem: turns, key: `counting ${JSON.stringify(turns)}`, variant, candidates },
    bytes: [16],
  };
}

async function all(found: AsyncIterable<TunedKernel>): Promise<TunedKernel[]> {
  const kernels: TunedKernel[] = [];
  for await (const kernel of found) kernels.push(kernel);
  return kernels;
}

/** The cache's one file of findings. */
function memory(): string {
  const [file, ...others] = readdirSync(join(cache, 'paredown'));
  expect(others).toEqual([]);
  return join(cache, 'paredown', file ?? '');
}

describe('the tuner', () => {
  const SLOW = { slow: 3_000_000, fast: 1000, middling: 1_000_000 };

  test('finds the fastest variant and remembers it', async () => {
    const [found] = await all(tuneDecisions(gpu, [decision(SLOW, 'slow')], { mode: 'quick' }));
    expect(found).toMatchObject({ family: 'counting', preferred: 'slow', variant: 'fast', source: 'measured', done: 1, of: 1 });
    expect(Object.keys(found?.times ?? {}).sort()).toEqual(['fast', 'middling', 'slow']);
    const [again] = await all(tuneDecisions(gpu, [decision(SLOW, 'slow')], { mode: 'quick' }));
    expect(again).toMatchObject({ variant: 'fast', source: 'remembered', times: found?.times });
  });

  test('keeps the chosen variant where another is no faster', async () => {
    const [found] = await all(tuneDecisions(gpu, [decision({ a: 1_000_000, b: 1_000_001 }, 'b')], { mode: 'full' }));
    // The two do the same work: only a difference beyond the margin, that is noise, could decide for the other.
    const { a = 0, b = 0 } = found?.times ?? {};
    expect(found?.variant).toBe(a < 0.97 * b ? 'a' : 'b');
  });

  test('answers each distinct kernel once, the ones that touch most memory first', async () => {
    const large = { ...decision({ x: 100, y: 200 }, 'x'), bytes: [1 << 20] };
    const found = await all(tuneDecisions(gpu, [decision(SLOW, 'slow'), large, decision(SLOW, 'slow')], { mode: 'quick' }));
    expect(found.map(({ problem, done, of }) => [problem, done, of])).toEqual([
      ['x 100, y 200', 1, 2],
      ['slow 3000000, fast 1000, middling 1000000', 2, 2],
    ]);
  });

  test('measures carefully what it only knows roughly, and not the other way round', async () => {
    const sources = async (mode: 'quick' | 'full', fresh = false) =>
      (await all(tuneDecisions(gpu, [decision(SLOW, 'slow')], { mode, fresh }))).map(({ source }) => source);
    expect(await sources('quick')).toEqual(['measured']);
    expect(await sources('full')).toEqual(['measured']);
    expect(await sources('quick')).toEqual(['remembered']);
    expect(await sources('quick', true)).toEqual(['measured']);
  });

  test('takes the table where the budget is spent, and remembers nothing of it', async () => {
    const [found] = await all(tuneDecisions(gpu, [decision(SLOW, 'slow')], { mode: 'quick', budgetMs: 0 }));
    expect(found).toMatchObject({ variant: 'slow', source: 'table', times: {} });
    const [later] = await all(tuneDecisions(gpu, [decision(SLOW, 'slow')], { mode: 'quick' }));
    expect(later?.source).toBe('measured');
  });

  test('remembers what was finished when it is aborted', async () => {
    const abort = new AbortController();
    const decisions = [{ ...decision({ x: 100, y: 200 }, 'x'), bytes: [1 << 20] }, decision(SLOW, 'slow')];
    const aborted = async () => {
      for await (const _ of tuneDecisions(gpu, decisions, { mode: 'quick', signal: abort.signal })) abort.abort();
    };
    await expect(aborted()).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }));
    const found = await all(tuneDecisions(gpu, decisions, { mode: 'quick' }));
    expect(found.map(({ source }) => source)).toEqual(['remembered', 'measured']);
  });

  test.each([
    ['a truncated file', (text: string) => text.slice(0, text.length / 2)],
    ['a file of another format', (text: string) => text.replace('"format":1', '"format":99')],
    ['an entry that is none', (text: string) => text.replace('"mode":"quick"', '"mode":7')],
  ])('takes %s of its memory for an empty one', async (_, damage) => {
    await all(tuneDecisions(gpu, [decision(SLOW, 'slow')], { mode: 'quick' }));
    writeFileSync(memory(), damage(readFileSync(memory(), 'utf8')));
    const [found] = await all(tuneDecisions(gpu, [decision(SLOW, 'slow')], { mode: 'quick' }));
    expect(found?.source).toBe('measured');
  });

  test('knows a kernel by its text: a changed shader is measured anew', async () => {
    await all(tuneDecisions(gpu, [decision(SLOW, 'slow')], { mode: 'quick' }));
    const changed = decision({ ...SLOW, fast: 1001 }, 'slow');
    const { key } = decision(SLOW, 'slow').decision;
    const [found] = await all(tuneDecisions(gpu, [{ ...changed, decision: { ...changed.decision, key } }], { mode: 'quick' }));
    expect(found?.source).toBe('measured');
  });

  test('goes on where its memory cannot be kept', async () => {
    writeFileSync(join(cache, 'paredown'), 'a file where a folder should be');
    const [found] = await all(tuneDecisions(gpu, [decision(SLOW, 'slow')], { mode: 'quick' }));
    expect(found).toMatchObject({ variant: 'fast', source: 'measured' });
  });
});

describe('fused kernels', { timeout: 120_000 }, () => {
  const graph = () => {
    const settings = trainerSettings(OPTIONS);
    const { rows, gradients } = trainingGraph(new Network(MODEL, [3]), settings);
    return { replicas: 2, outputs: [rows], update: updateOf(settings, gradients) };
  };

  test('stand beside what does their work in parts', async () => {
    const whole = graph();
    await loadFamilies(gpu, whole);
    const fusions = planFusions(gpu, whole);
    expect(fusions.map(({ decision }) => decision.family)).toEqual([
      'conv2d-pool',
      'dense-gradients',
      'conv2d-pool-filter-gradient',
    ]);
    const familiesOf = (fusion: number, variant: string) =>
      fusions[fusion]?.alternatives.get(variant)?.map((part) => ('kernel' in part ? 'fused' : part.decision.family));
    expect(familiesOf(0, APART)).toEqual(['conv2d', 'pool']);
    expect(familiesOf(1, APART)).toEqual(['matmul', 'matmul']);
    expect(familiesOf(2, APART)).toEqual(expect.arrayContaining(['pool-gradient', 'conv2d-filter-gradient']));
    expect(familiesOf(0, 'direct')).toEqual(['fused']);
    // One replica's problem: no part is of two.
    for (const { alternatives } of fusions)
      for (const part of [...alternatives.values()].flat())
        if (!('kernel' in part)) expect(part.decision.problem).toMatchObject({ replicas: 1 });
  });

  test('are left apart where that was measured to be faster, and compute the same', async () => {
    const found = await all(tune(gpu, MODEL, { ...OPTIONS, tune: 'quick', budgetMs: 60_000 }));
    const weighed = found.filter(({ times }) => APART in times);
    // The gradients of the dense layer can be made together where a subgroup is a vector register of the CPU.
    const { kind, subgroupSize } = gpu.capabilities;
    const ofDense = kind === 'cpu' && (subgroupSize === 8 || subgroupSize === 16) ? ['dense-gradients'] : [];
    expect(new Set(weighed.map(({ family }) => family))).toEqual(
      new Set(['conv2d-pool', ...ofDense, 'conv2d-pool-filter-gradient']),
    );
    for (const { times } of weighed) expect(Object.keys(times).length).toBeGreaterThan(1);
    const file = JSON.parse(readFileSync(memory(), 'utf8')) as { findings: Record<string, { variant: string; times: object }> };
    for (const finding of Object.values(file.findings)) if (APART in finding.times) finding.variant = APART;
    writeFileSync(memory(), JSON.stringify(file));
    const optimizer = sgd({ learningRate: 0.01 });
    await using apart = await trainer(gpu, MODEL, { ...OPTIONS, optimizer, tune: 'quick', replicas: 2 });
    await using fused = await trainer(gpu, MODEL, { ...OPTIONS, optimizer, replicas: 2 });
    expect(apart.plan.variants).toMatchObject({ 'conv2d-pool': [APART], 'conv2d-pool-filter-gradient': [APART] });
    expect(fused.plan.variants['conv2d-pool']).not.toEqual([APART]);
    expect(apart.plan.dispatches).toBeGreaterThan(fused.plan.dispatches);
    for (const one of [apart, fused]) for await (const _ of one.fit(DATA, { steps: 3 }));
    const weights = await fused.weights(1);
    // Gradients are below 10 and sums of less than 1000 terms: three steps of 0.01 differ by less than 3 * 0.01 * 10 * 1000 * 2^-24.
    const bound = 3 * 0.01 * 10 * 1000 * 2 ** -24;
    for (const [name, { data }] of await apart.weights(1)) {
      const differences = data.map((value, index) => Math.abs(value - (weights.get(name)?.data[index] ?? Number.NaN)));
      expect(Math.max(...differences), name).toBeLessThan(bound);
    }
  });

  /** The same adapter with buffers of so many bytes at the most. The parts of the fused convolution need 15,552 a replica. */
  function smaller(bytes: number): Gpu {
    const limits = { maxBufferSize: bytes, maxStorageBufferBindingSize: bytes, minStorageBufferOffsetAlignment: 256 };
    return Object.create(gpu, { limits: { value: limits } });
  }

  test('are the only way where the parts do not fit the adapter', async () => {
    expect([...(planFusions(smaller(8192), graph())[0]?.alternatives.keys() ?? [])]).not.toContain(APART);
    await using tuned = await trainer(smaller(8192), MODEL, { ...OPTIONS, tune: 'quick' });
    expect(tuned.plan.variants['conv2d-pool']).not.toEqual([APART]);
  });

  test('serve several replicas where one could have its parts', async () => {
    const [one, three] = [1, 3].map((replicas) => planFusions(smaller(30_000), { ...graph(), replicas })[0]?.alternatives);
    expect([...(one?.keys() ?? [])]).toContain(APART);
    expect([...(three?.keys() ?? [])]).not.toContain(APART);
    await using tuned = await trainer(smaller(30_000), MODEL, { ...OPTIONS, tune: 'quick', replicas: 3 });
    expect(tuned.plan.variants['conv2d-pool']).not.toEqual([APART]);
  });

  test('keep the table where the time is up', async () => {
    const found = await all(tune(gpu, MODEL, { ...OPTIONS, tune: 'quick', budgetMs: 0 }));
    expect(found.every(({ source, variant, preferred }) => source === 'table' && variant === preferred)).toBe(true);
  });
});

describe('a trainer that tunes', { timeout: 120_000 }, () => {
  test('uses the variants that tune() found, and a checkpoint takes them along bit for bit', async () => {
    const found = await all(tune(gpu, MODEL, { ...OPTIONS, tune: 'quick', budgetMs: 60_000 }));
    expect(found.at(-1)?.done).toBe(found.length);
    expect(found.at(-1)?.of).toBe(found.length);
    expect(found.every(({ source }) => source === 'measured')).toBe(true);
    const tuned = await trainer(gpu, MODEL, { ...OPTIONS, tune: 'quick' });
    const winners = new Set(found.map(({ family, variant }) => `${family}/${variant}`));
    const weighed = new Set(found.map(({ family }) => family));
    for (const [family, variants] of Object.entries(tuned.plan.variants).filter(([name]) => weighed.has(name)))
      for (const variant of variants) expect(winners).toContain(`${family}/${variant}`);
    for await (const _ of tuned.fit(DATA, { steps: 3 }));
    const checkpoint = await tuned.checkpoint();
    for await (const _ of tuned.fit(DATA, { steps: 3 }));

    const untuned = await trainer(gpu, MODEL, OPTIONS);
    untuned.restore(checkpoint);
    for await (const _ of untuned.fit(DATA, { steps: 3 }));
    expect(untuned.plan.variants).toEqual(tuned.plan.variants);
    expect(await untuned.weights()).toEqual(await tuned.weights());
    await tuned.destroy();
    await untuned.destroy();
  });

  test('gives replicas the kernels of a single copy', async () => {
    await all(tune(gpu, MODEL, { ...OPTIONS, tune: 'quick', budgetMs: 60_000 }));
    const three = await all(tune(gpu, MODEL, { ...OPTIONS, tune: 'quick', replicas: 3 }));
    expect(three.map(({ source }) => source)).toEqual(three.map(() => 'remembered'));
  });

  test('evaluates and predicts as one that does not tune', async () => {
    await using tuned = await trainer(gpu, MODEL, { ...OPTIONS, tune: 'quick' });
    await using plain = await trainer(gpu, MODEL, OPTIONS);
    expect((await tuned.evaluate(DATA)).loss).toBeCloseTo((await plain.evaluate(DATA)).loss, 4);
    await using predicts = await predictor(gpu, MODEL, await plain.weights(), { tune: 'quick' });
    expect((await predicts.evaluate(DATA)).loss).toBeCloseTo((await plain.evaluate(DATA)).loss, 4);
  });

  test('refuses a mode that there is not', async () => {
    const options = { ...OPTIONS, tune: 'fully' as 'full' };
    await expect(trainer(gpu, MODEL, options)).rejects.toThrow(`trainer: tune must be 'off', 'quick' or 'full', got "fully"`);
    expect(() => tune(gpu, MODEL, options)).toThrow(`tune must be 'off', 'quick' or 'full', got "fully"`);
  });
});
