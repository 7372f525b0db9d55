import { describe, expect, test } from 'vitest';
import { fuse } from '../src/graph/fuse.ts';
import { conv2d, input, maxPool2d, relu, type Tensor } from '../src/graph.ts';
import { slice } from '../src/ops/concat.ts';
import { gradientsOf } from '../src/ops/gradients/index.ts';
import { lower } from '../src/plan/lower.ts';
import './support/loaded-kernels.ts';

const limits = { maxInvocations: 256, maxWorkgroupStorageBytes: 16384, maxWorkgroupsPerDimension: 65535 };
const adapters = {
  gpu: { kind: 'gpu', subgroupSize: 32, ...limits },
  softwareDriver: { kind: 'cpu', subgroupSize: 8, ...limits },
} as const;

/** The families of what is dispatched, in order. */
function families(adapter: keyof typeof adapters, outputs: readonly Tensor[]): string[] {
  const { dispatches } = lower(outputs, [], { capabilities: adapters[adapter], replicas: 1, choice: {} });
  return dispatches.map(({ kernel }) => kernel.name.replace(/\/.*/, '')).filter((family) => family !== 'sum-splits');
}

describe('of a depthwise convolution and one of single pixels', () => {
  const inputs = {
    x: input('x', [2, 8, 8, 4]),
    depthwise: input('depthwise', [3, 3, 1, 4]),
    filter: input('filter', [1, 1, 4, 5]),
    bias: input('bias', [5]),
  };
  const pair = ({ x, depthwise, filter, bias } = inputs) =>
    conv2d({ x: conv2d({ x, filter: depthwise }, { groups: 4 }), filter, bias });

  function withGradients(adapter: keyof typeof adapters, wanted: readonly (keyof typeof inputs)[]) {
    const [y] = fuse([pair()], { gradients: true });
    if (!y) throw new Error('one output was asked for');
    const targets = wanted.map((name) => inputs[name]);
    return families(adapter, fuse([y, ...(gradientsOf(y, input('dy', y.shape), targets) as Tensor[])]));
  }

  const [forward, outer, ofFilter] = [['conv2d', 'conv2d'], 'conv2d', 'conv2d-filter-gradient'];
  test.each<{ wanted: (keyof typeof inputs)[]; gpu: string[]; softwareDriver: string[] }>([
    {
      wanted: ['x', 'depthwise', 'filter', 'bias'],
      gpu: [ofFilter, 'conv2d', ofFilter, 'conv2d'],
      softwareDriver: ['separable-gradient'],
    },
    {
      wanted: ['x', 'depthwise', 'filter'],
      gpu: [ofFilter, 'conv2d', ofFilter, 'conv2d'],
      softwareDriver: ['separable-gradient'],
    },
    {
      wanted: ['depthwise', 'filter', 'bias'],
      gpu: [ofFilter, 'conv2d', ofFilter],
      softwareDriver: [outer, ofFilter, 'conv2d', ofFilter],
    },
    {
      wanted: ['x', 'filter', 'bias'],
      gpu: [ofFilter, 'conv2d', 'conv2d'],
      softwareDriver: [outer, ofFilter, 'conv2d', 'conv2d'],
    },
    { wanted: ['filter'], gpu: [ofFilter], softwareDriver: [outer, ofFilter] },
    { wanted: ['bias'], gpu: [ofFilter], softwareDriver: [outer, ofFilter] },
    { wanted: ['x', 'depthwise'], gpu: ['conv2d', ofFilter, 'conv2d'], softwareDriver: ['conv2d', ofFilter, 'conv2d'] },
    { wanted: ['depthwise'], gpu: ['conv2d', ofFilter], softwareDriver: ['conv2d', ofFilter] },
    { wanted: ['x'], gpu: ['conv2d', 'conv2d'], softwareDriver: ['conv2d', 'conv2d'] },
  ])('the gradients of $wanted take no pass for what nobody reads', ({ wanted, gpu, softwareDriver }) => {
    expect(withGradients('gpu', wanted)).toEqual([...forward, ...gpu]);
    expect(withGradients('softwareDriver', wanted)).toEqual(['separable', ...softwareDriver]);
  });

  test('the depthwise gradient makes none of a bias that is not there', () => {
    const [y] = fuse([pair()], { gradients: true });
    if (!y) throw new Error('one output was asked for');
    const gradients = gradientsOf(y, input('dy', y.shape), [inputs.depthwise, inputs.bias]) as Tensor[];
    const { dispatches } = lower(fuse(gradients), [], { capabilities: adapters.gpu, replicas: 1, choice: {} });
    const bound = dispatches.filter(({ kernel }) => kernel.name.startsWith(ofFilter)).map((dispatch) => dispatch.bound[3]);
    expect(bound.map((bias) => bias !== undefined)).toEqual([true, false]);
  });

  test('a pool behind stays with that of single pixels', () => {
    const z = relu({ x: pair() });
    const pooled = fuse([maxPool2d({ x: z }, { size: [2, 2] })], { gradients: true });
    expect(families('gpu', pooled)).toEqual(['conv2d', 'conv2d-pool']);
    expect(families('softwareDriver', pooled)).toEqual(['conv2d', 'conv2d-pool']);
  });

  test('large windows, which gain nothing in one pass, go apart unless that is asked for', () => {
    const large = { ...inputs, depthwise: input('depthwise', [5, 5, 1, 4]) };
    const outputs = fuse([pair(large)], { gradients: true });
    expect(families('softwareDriver', outputs)).toEqual(['conv2d', 'conv2d']);
    const capabilities = adapters.softwareDriver;
    const asked = lower(outputs, [], { capabilities, replicas: 1, choice: { separable: 'columns' } });
    expect(asked.dispatches.map(({ kernel }) => kernel.name)).toEqual(['separable/columns']);
  });

  test('filters that are parts of other tensors are copied once', () => {
    const part = (name: string, shape: readonly number[], channels: number) =>
      slice(relu({ x: input(name, [...shape, 2 * channels]) }), channels, channels);
    const parts = {
      x: inputs.x,
      depthwise: part('depthwise', [3, 3, 1], 4),
      filter: part('filter', [1, 1, 4], 5),
      bias: part('bias', [], 5),
    };
    const outputs = fuse([pair(parts)], { gradients: true });
    const made = ['elementwise', 'elementwise', 'elementwise'];
    for (const [adapter, kernels] of [
      ['gpu', ['conv2d', 'conv2d']],
      ['softwareDriver', ['separable']],
    ] as const) {
      const all = families(adapter, outputs);
      expect(all.filter((family) => family !== 'elementwise')).toEqual(kernels);
      expect(all.filter((family) => family === 'elementwise')).toEqual([...made, ...made]);
    }
  });
});
