import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { COPY_DST, COPY_SRC, STORAGE } from '../src/gpu/buffers.ts';
import { createCommands, encode } from '../src/gpu/commands.ts';
import type { Capabilities } from '../src/gpu/gpu.ts';
import { readRanges } from '../src/gpu/readback.ts';
import { Workspace } from '../src/gpu/workspace.ts';
import { given } from '../src/kernels/given.ts';
import { kernel } from '../src/kernels/library.ts';
import { Network } from '../src/model/network.ts';
import {
  activation,
  adam,
  batchNorm,
  conv2d,
  dense,
  depthwiseConv2d,
  type Gpu,
  globalAvgPool2d,
  type Model,
  maxPool2d,
  model,
} from '../src/node.ts';
import { lower } from '../src/plan/lower.ts';
import { trainerSettings } from '../src/train/options.ts';
import { trainingGraph } from '../src/train/training-graph.ts';
import { openTestGpu } from './support/gpu.ts';
import './support/loaded-kernels.ts';

const SOFTWARE: Capabilities = {
  kind: 'cpu',
  subgroupSize: 8,
  maxInvocations: 1024,
  maxWorkgroupStorageBytes: 32_768,
  maxWorkgroupsPerDimension: 65_535,
};

/** The texts of a training step's kernels on a software driver. */
function textsOf(network: Model, batch: number, replicas: number): Set<string> {
  const settings = trainerSettings({ batch, optimizer: adam(), seed: 1, replicas });
  const { rows, gradients } = trainingGraph(new Network(network, settings.seeds), settings);
  const { dispatches } = lower([rows], gradients, { capabilities: SOFTWARE, replicas, choice: {} });
  return new Set(dispatches.map(({ kernel: { name, code } }) => `${name}\n${code}`));
}

/** Of images whose rows are cut into the same strips. */
function network(size: number): Model {
  return model(
    [size, size, 1],
    [
      conv2d(4, 3, { padding: 'same', bias: false }),
      batchNorm(),
      activation('relu'),
      maxPool2d(2),
      depthwiseConv2d(5, { padding: 'same', bias: false }),
      conv2d(6, 1, { activation: 'relu' }),
      conv2d(4, 3, { padding: 'same', activation: 'relu' }),
      globalAvgPool2d(),
      dense(10),
    ],
  );
}

describe('on a software driver', () => {
  test('a network of larger images, of another batch and with more copies is made of the same kernels, but for where sums lie', () => {
    const known = textsOf(network(28), 32, 1);
    const others = [...textsOf(network(56), 8, 2)].filter((text) => !known.has(text));
    expect(others.map((text) => text.split('\n')[0])).toEqual(['loss/rows', 'conv2d-filter-gradient/strips-subgroup']);
  });

  test('a normalisation of few samples, of which a driver would write out each, is that of any number', () => {
    const small = (units: number) => model([8], [dense(units), batchNorm(), activation('relu'), dense(3)]);
    const normalising = (texts: Set<string>) => [...texts].filter((text) => text.startsWith('batch-norm'));
    expect(normalising(textsOf(small(7), 16, 1))).toEqual(normalising(textsOf(small(10), 300, 2)));
  });
});

describe('quotients of numbers that are given', () => {
  let gpu: Gpu;
  beforeAll(async () => {
    gpu = await openTestGpu();
  });
  afterAll(() => gpu.destroy());

  const source = `//#import quotient
@group(0) @binding(0) var<storage, read> n: array<u32>;
@group(0) @binding(1) var<storage, read> d: array<u32>;
@group(0) @binding(2) var<storage, read_write> y: array<u32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x < COUNT) { y[id.x] = quotient(n[id.x], divisor(d[id.x])); }
}`;

  async function quotients(pairs: readonly (readonly [number, number])[], largest?: number): Promise<Uint32Array> {
    const owner = new Workspace(gpu, 'test');
    const columns = [0, 1].map((side) => Uint32Array.from(pairs, (pair) => pair[side] ?? 0));
    const ranges = [...columns, new Uint32Array(pairs.length)].map((words, index) => {
      const buffer = owner.createBuffer(`binding ${index}`, words.byteLength, STORAGE | COPY_DST | COPY_SRC);
      owner.write(buffer, 0, words);
      return { buffer, offset: 0, size: words.byteLength };
    });
    const divide = kernel(
      'test/quotient',
      source,
      given({ COUNT: pairs.length }, ['COUNT'], largest),
      ['read', 'read', 'write'],
      [Math.ceil(pairs.length / 64), 1, 1],
    );
    const commands = await createCommands(owner, [{ kernel: divide, ranges }]);
    owner.submit((encoder) => encode(encoder, commands));
    const [bytes = new ArrayBuffer(0)] = await readRanges(owner, ranges.slice(2));
    owner.destroy();
    return new Uint32Array(bytes);
  }

  /** Where rounding would show first: at the ends of each step. */
  function pairsBelow(most: number): [number, number][] {
    const divisors = [1, 2, 3, 5, 7, 10, 28, 49, 127, 784, 1000, 4099, 65_537, 524_287, most - 1];
    return divisors.flatMap((d) =>
      [0, 1, 2, 3, 1000, 4095, Math.floor(most / d / 2), Math.floor((most - 1) / d)].flatMap((q) =>
        [q * d - 1, q * d, q * d + 1, q * d + d - 1].filter((n) => n >= 0 && n < most).map((n): [number, number] => [n, d]),
      ),
    );
  }

  test.each([
    ['below 2^20', 2 ** 20, 2 ** 20 - 1],
    ['below 2^31', 2 ** 31, undefined],
  ])('are exact %s', async (_, most, largest) => {
    const pairs = pairsBelow(most);
    const found = await quotients(pairs, largest);
    const wrong = pairs.filter(([n, d], index) => found[index] !== Math.floor(n / d));
    expect(wrong.map(([n, d]) => `${n} / ${d}`).join(', ')).toBe('');
  });
});
