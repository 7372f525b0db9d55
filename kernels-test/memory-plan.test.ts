import { describe, expect, test } from 'vitest';
import { Random } from '../src/core/random.ts';
import type { Capabilities } from '../src/gpu/gpu.ts';
import { Network } from '../src/model/network.ts';
import { LimitError, type Model, sgd } from '../src/node.ts';
import { type LoweredDispatch, lower } from '../src/plan/lower.ts';
import { type MemoryOptions, type MemoryPlan, planMemory } from '../src/plan/memory.ts';
import type { Storage } from '../src/plan/storage.ts';
import { trainerSettings } from '../src/train/options.ts';
import { trainingGraph } from '../src/train/training-graph.ts';
import { baseline, mixed, optimised } from './support/models.ts';
import { randomModel } from './support/random-models.ts';
import './support/loaded-kernels.ts';

const SEED = Number(process.env.PAREDOWN_TEST_SEED ?? 1);
const binding = (bytes: number) => ({ limit: 'maxStorageBufferBindingSize' as const, bytes });
const OPTIONS: MemoryOptions = { alignment: 256, maxArenaBytes: 2 ** 30, binding: binding(2 ** 30) };
const CPU: Capabilities = {
  kind: 'cpu',
  subgroupSize: 8,
  maxInvocations: 1024,
  maxWorkgroupStorageBytes: 32_768,
  maxWorkgroupsPerDimension: 65_535,
};

interface Program {
  readonly dispatches: readonly LoweredDispatch[];
  readonly kept: ReadonlySet<Storage>;
}

/**
 * Plays a program on memory that remembers who wrote it last, and tells what went wrong: a storage that no longer holds what was
 * written to it when it is read, written further or, at the end, kept; and an arena bound both ways.
 */
function faults({ dispatches, kept }: Program, plan: MemoryPlan): string[] {
  const memory = plan.arenas.map((bytes) => new Array<Storage | undefined>(bytes / OPTIONS.alignment));
  const found: string[] = [];
  const written = new Set<Storage>();
  const cells = (storage: Storage): [Array<Storage | undefined>, number, number] => {
    const range = plan.ranges.get(storage);
    const arena = range && memory[range.arena];
    if (!range || !arena || range.bytes < storage.elements * 4) throw new Error(`${storage.label} has no memory, or too little`);
    return [arena, range.offset / OPTIONS.alignment, (range.offset + range.bytes) / OPTIONS.alignment];
  };
  const holds = (storage: Storage) => {
    const [arena, from, to] = cells(storage);
    return arena.slice(from, to).every((owner) => owner === storage);
  };
  const write = (storage: Storage) => {
    const [arena, from, to] = cells(storage);
    arena.fill(storage, from, to);
    written.add(storage);
  };
  const expectHeld = (storage: Storage, when: string) => {
    if (written.has(storage) && !holds(storage)) found.push(`${storage.label} was overwritten before ${when}`);
  };
  for (const storage of plan.ranges.keys()) if (storage.kind === 'input') write(storage);
  dispatches.forEach(({ kernel, bound }, index) => {
    const used = bound.flatMap((item, binding) =>
      item && item !== 'state' && plan.ranges.has(item) ? [{ storage: item, writes: kernel.bindings[binding] === 'write' }] : [],
    );
    for (const { storage } of used) expectHeld(storage, `dispatch ${index}`);
    for (const { storage, writes } of used) if (writes) write(storage);
    for (const { storage } of used) expectHeld(storage, `the end of dispatch ${index}`);
    const arenasOf = (writes: boolean) =>
      used.filter((use) => use.writes === writes).map(({ storage }) => plan.ranges.get(storage)?.arena);
    for (const arena of arenasOf(true))
      if (arenasOf(false).includes(arena)) found.push(`dispatch ${index} reads and writes arena ${arena}`);
  });
  for (const storage of kept) expectHeld(storage, 'the end');
  return found;
}

/** A random list of dispatches: each reads what earlier ones wrote and writes something new, or more of something old. */
function randomProgram(seed: number): Program {
  const random = new Random(seed, 1);
  const storages: Storage[] = [];
  const create = (kind: Storage['kind']): Storage => {
    const storage: Storage = { label: `${kind} ${storages.length}`, kind, elements: 1 + random.below(2000) };
    storages.push(storage);
    return storage;
  };
  const any = () => storages[random.below(storages.length)] as Storage;
  create('input');
  const dispatches = Array.from({ length: 2 + random.below(30) }, (_, index): LoweredDispatch => {
    if (random.below(8) === 0) create('input');
    const reads = [...new Set(Array.from({ length: random.below(4) }, any))];
    const old =
      random.below(4) === 0 ? [any()].filter((storage) => storage.kind === 'activation' && !reads.includes(storage)) : [];
    const writes = [...Array.from({ length: random.below(2) + (old.length === 0 ? 1 : 0) }, () => create('activation')), ...old];
    const bindings = [...reads.map(() => 'read' as const), ...writes.map(() => 'write' as const)];
    return { kernel: { name: `kernel ${index}`, code: '', bindings, workgroups: [1, 1, 1] }, bound: [...reads, ...writes] };
  });
  return { dispatches, kept: new Set(storages.filter(() => random.below(6) === 0)) };
}

/** The training step of a model, as it is planned. */
function trainingProgram(m: Model): Program {
  const network = new Network(m, [1]);
  const graph = trainingGraph(network, trainerSettings({ batch: 3, optimizer: sgd({ learningRate: 1 }) }));
  const { dispatches, placements } = lower([graph.rows], graph.gradients, { capabilities: CPU, replicas: 1, choice: {} });
  return { dispatches, kept: new Set([placements.of(graph.rows).storage]) };
}

const total = (plan: MemoryPlan) => plan.arenas.reduce((sum, bytes) => sum + bytes, 0);

describe('the memory plan', () => {
  const seeds = Array.from({ length: 400 }, (_, index) => SEED * 1000 + index);

  test(`never lets storages alive at once overlap: ${seeds.length} random programs from seed ${SEED} (PAREDOWN_TEST_SEED)`, () => {
    const wrong = seeds.flatMap((seed) => {
      const program = randomProgram(seed);
      return faults(program, planMemory(program.dispatches, program.kept, OPTIONS)).map((fault) => `seed ${seed}: ${fault}`);
    });
    expect(wrong).toEqual([]);
  });

  const models = [baseline(), optimised(), mixed(), ...seeds.slice(0, 60).map(randomModel)];
  test(`nor in the training of W1, W2, a branched model and 60 random ones from seed ${SEED}`, () => {
    const wrong = models.flatMap((m, index) => {
      const program = trainingProgram(m);
      return faults(program, planMemory(program.dispatches, program.kept, OPTIONS)).map((fault) => `model ${index}: ${fault}`);
    });
    expect(wrong).toEqual([]);
  });

  test('takes no more bytes with sharing than without, and far fewer for a deep network', () => {
    for (const program of [...seeds.map(randomProgram), ...models.map(trainingProgram)]) {
      const shared = planMemory(program.dispatches, program.kept, OPTIONS);
      const unshared = planMemory(program.dispatches, program.kept, { ...OPTIONS, share: false });
      expect(total(shared)).toBeLessThanOrEqual(total(unshared));
      expect(total(unshared)).toBe(unshared.unsharedBytes);
      expect(shared.unsharedBytes).toBe(unshared.unsharedBytes);
    }
    const chain = chainOf(20, 100);
    expect(total(planMemory(chain.dispatches, chain.kept, OPTIONS))).toBeLessThan(
      total(planMemory(chain.dispatches, chain.kept, { ...OPTIONS, share: false })) / 4,
    );
  });

  test('splits arenas at maxArenaBytes', () => {
    const maxArenaBytes = 10 * 1024;
    let split = 0;
    for (const seed of seeds) {
      const program = randomProgram(seed);
      const plan = planMemory(program.dispatches, program.kept, { ...OPTIONS, maxArenaBytes });
      expect(Math.max(...plan.arenas), `seed ${seed}`).toBeLessThanOrEqual(maxArenaBytes);
      expect(faults(program, plan), `seed ${seed}`).toEqual([]);
      if (plan.arenas.length > planMemory(program.dispatches, program.kept, OPTIONS).arenas.length) split++;
    }
    expect(split).toBeGreaterThan(0);
  });

  test('refuses a storage larger than a binding may be, with limit, need and what would fit', () => {
    const { dispatches, kept } = chainOf(3, 1000);
    expect(() => planMemory(dispatches, kept, { ...OPTIONS, binding: binding(4000) })).not.toThrow();
    const plan = () => planMemory(dispatches, kept, { ...OPTIONS, binding: binding(3999) });
    expect(plan).toThrow(LimitError);
    expect(plan).toThrow(/link 0 needs 4000, but this adapter's maxStorageBufferBindingSize is 3999.*99%.*batch/);
  });

  test('refuses a dispatch that reads and writes one storage', () => {
    const storage: Storage = { label: 'x', kind: 'activation', elements: 4 };
    const kernel = { name: 'in place', code: '', bindings: ['read', 'write'] as const, workgroups: [1, 1, 1] as const };
    expect(() => planMemory([{ kernel, bound: [storage, storage] }], new Set(), OPTIONS)).toThrow(/in place reads and writes.*x/);
  });
});

/** Dispatches each of which reads what the one before it wrote. */
function chainOf(length: number, elements: number): Program {
  const links = Array.from({ length }, (_, index): Storage => ({ label: `link ${index}`, kind: 'activation', elements }));
  const dispatches = links.map((storage, index): LoweredDispatch => {
    const before = links[index - 1];
    const bindings = before ? (['read', 'write'] as const) : (['write'] as const);
    return {
      kernel: { name: `kernel ${index}`, code: '', bindings, workgroups: [1, 1, 1] },
      bound: before ? [before, storage] : [storage],
    };
  });
  return { dispatches, kept: new Set() };
}
