import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Activation, elementwise } from '../src/core/activation.ts';
import { definitionOf } from '../src/core/activations/registry.ts';
import { Random } from '../src/core/random.ts';
import { elements, type Shape, type Value } from '../src/core/value.ts';
import { fuse } from '../src/graph/fuse.ts';
import { input } from '../src/graph/sources.ts';
import type { Tensor } from '../src/graph/tensor.ts';
import * as graphFace from '../src/graph.ts';
import type { Gpu } from '../src/node.ts';
import { gradientsOf } from '../src/ops/gradients/index.ts';
import { buildOperation, type OpName } from '../src/ops/registry.ts';
import { type Reference, references, type Tensor64, toTensor64 } from '../src/reference/index.ts';
import { everyActivation } from './cases/linear.ts';
import { openTestGpu } from './support/gpu.ts';
import { runGraph } from './support/planned-graph.ts';

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu?.destroy());

/** One operation of a chain; its other inputs are drawn. */
interface Link {
  readonly op: OpName;
  readonly attributes?: Record<string, unknown>;
  readonly others?: Readonly<Record<string, Shape>>;
}

const same = { padding: 'same' } as const;
const noise = { rate: 0.25, seed: 3, step: 5, layer: 2 };
const IMAGE: Shape = [2, 6, 6, 3];

/** Where an activation may stand: behind the first operation, whose kernel takes it in, and before the last, whose gradient's does. */
const places: Readonly<Record<string, { x: Shape; before: readonly Link[]; after: readonly Link[]; dropout?: true }>> = {
  'between dense layers': {
    x: [6, 10],
    before: [{ op: 'dense', others: { weights: [10, 12], bias: [12] } }],
    after: [{ op: 'dense', others: { weights: [12, 3] } }],
  },
  'between convolutions': {
    x: IMAGE,
    before: [{ op: 'conv2d', attributes: same, others: { filter: [3, 3, 3, 4], bias: [4] } }],
    after: [{ op: 'conv2d', attributes: same, others: { filter: [3, 3, 4, 2] } }],
    dropout: true,
  },
  'between depthwise convolutions': {
    x: IMAGE,
    before: [{ op: 'conv2d', attributes: { ...same, groups: 3 }, others: { filter: [3, 3, 1, 3], bias: [3] } }],
    after: [{ op: 'conv2d', attributes: { ...same, groups: 3 }, others: { filter: [3, 3, 1, 3] } }],
  },
  'between a convolution and its maximum pooling': {
    x: IMAGE,
    before: [{ op: 'conv2d', attributes: same, others: { filter: [3, 3, 3, 4], bias: [4] } }],
    after: [{ op: 'maxPool2d', attributes: { size: [2, 2] } }],
  },
  'behind a maximum pooling': {
    x: IMAGE,
    before: [{ op: 'maxPool2d', attributes: { size: [2, 2] } }],
    after: [{ op: 'conv2d', attributes: same, others: { filter: [3, 3, 3, 2] } }],
  },
  'between average poolings': {
    x: IMAGE,
    before: [{ op: 'avgPool2d', attributes: { size: [2, 2], strides: [1, 1], ...same } }],
    after: [{ op: 'avgPool2d', attributes: { size: [3, 3] } }],
  },
  'between batch normalisations': {
    x: IMAGE,
    before: [{ op: 'batchNorm', others: { scale: [3], offset: [3] } }],
    after: [{ op: 'batchNorm', others: { scale: [3], offset: [3] } }],
  },
  'behind a sum and a product': {
    x: IMAGE,
    before: [{ op: 'add', others: { b: IMAGE } }],
    after: [{ op: 'multiply', others: { b: IMAGE } }],
    dropout: true,
  },
};

function drawn(shape: Shape, stream: number, scale = 1): Value {
  const random = new Random(47, stream);
  return { shape, data: Float32Array.from({ length: elements(shape) }, () => scale * random.normal()) };
}

/** A chain as a graph and in float64: the output, and the gradient of x. */
function chain(x: Shape, links: readonly Link[]) {
  const given = [{ tensor: input('x', x), value: drawn(x, 0, 2) }];
  let y = (given[0] as { tensor: Tensor }).tensor;
  let result = toTensor64((given[0] as { value: Value }).value);
  const back: ((dy: Tensor64) => Tensor64)[] = [];
  links.forEach(({ op, attributes = {}, others = {} }, index) => {
    const own = Object.entries(others).map(([name, shape], i) => {
      const value = drawn(shape, 10 * index + i + 1, 0.5);
      const tensor = input(`${index} ${name}`, shape);
      given.push({ tensor, value });
      return [name, tensor, toTensor64(value)] as const;
    });
    const first = op === 'add' || op === 'multiply' ? 'a' : 'x';
    y = buildOperation(op, { [first]: y, ...Object.fromEntries(own.map(([name, tensor]) => [name, tensor])) }, attributes);
    const inputs = { [first]: result, ...Object.fromEntries(own.map(([name, , tensor]) => [name, tensor])) };
    const reference = references[op] as Reference;
    back.push((dy) => reference.gradient(inputs, dy, attributes)[first] as Tensor64);
    result = reference.forward(inputs, attributes);
  });
  const seed = drawn(y.shape, 1000);
  const dx = back.reduceRight((dy, step) => step(dy), toTensor64(seed));
  return { y, given, seed, expected: [result, dx] as const };
}

/** The largest difference, as a share of the largest value. */
function off(got: Value | undefined, { data }: Tensor64): number {
  const largest = data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return data.reduce((most, value, i) => Math.max(most, Math.abs(value - (got?.data[i] ?? Number.NaN))), 0) / (largest || 1);
}

function linkOf(activation: Activation): Link {
  const own = elementwise(activation);
  return { op: own?.kind as OpName, attributes: own?.options };
}

/** Three kernels one after the other, each of which keeps 1e-5; batch normalisation multiplies what it gets by up to 1 / deviation. */
const TOLERANCE = 3e-5;

describe.each(everyActivation.map((activation) => [elementwise(activation)?.kind ?? 'linear', activation] as const))(
  '%s',
  (kind, activation) => {
    test('agrees with float64 wherever a kernel takes it in, alone and with dropout behind it', {
      timeout: 300_000,
    }, async () => {
      const failures: string[] = [];
      for (const [place, { x, before, after, dropout }] of Object.entries(places))
        for (const behind of [[], ...(dropout ? [[{ op: 'dropout' as const, attributes: noise }]] : [])]) {
          const { y, given, seed, expected } = chain(x, [...before, linkOf(activation), ...behind, ...after]);
          const [trained] = fuse([y], { gradients: true });
          const dy = input('dy', y.shape);
          const [dx] = gradientsOf(trained as Tensor, dy, [given[0]?.tensor as Tensor]);
          const outputs = [...fuse([trained as Tensor, dx as Tensor]), ...fuse([y])];
          const { values } = await runGraph(gpu, outputs, [...given, { tensor: dy, value: seed }]);
          [expected[0], expected[1], expected[0]].forEach((wanted, i) => {
            const far = off(values[i]?.[0], wanted);
            const what = `${place}${behind.length > 0 ? ', dropout' : ''}: ${['output', 'gradient', 'output alone'][i]}`;
            if (!(far <= TOLERANCE)) failures.push(`${what} is off by ${far}`);
          });
        }
      expect(failures).toEqual([]);
    });

    test('has the curve that its definition tells', () => {
      const { forward, gradient } = references[kind] as Reference;
      const x = { shape: [129], data: Float64Array.from({ length: 129 }, (_, i) => (i - 64) / 8) };
      const y = forward({ x }, {}).data;
      const slopes = (gradient({ x }, { shape: x.shape, data: new Float64Array(129).fill(1) }, {}).x as Tensor64).data;
      const [atZero, elsewhere] = [true, false].map((isZero) => new Set(slopes.filter((_, i) => (y[i] === 0) === isZero)));
      const isStep = atZero?.size === 1 && atZero.has(0) && elsewhere?.size === 1;
      const monotone = y.every((value, i) => i === 0 || value >= (y[i - 1] ?? 0));
      expect(definitionOf(kind)).toMatchObject({ derivativeIsStep: isStep, monotone });
    });

    test('is no dispatch of its own where nothing has to be differentiated', async () => {
      const { x, before } = places['between convolutions'] as (typeof places)[string];
      const { y, given } = chain(x, [...before, linkOf(activation)]);
      const { kernels } = await runGraph(gpu, fuse([y]), given);
      expect(kernels.map((name) => name.split('/')[0])).toEqual(['conv2d']);
    });

    test(`keeps its ${definitionOf(kind).derivativeFrom} for the gradient, which the next layer's kernel takes in`, async () => {
      const { x, before, after } = places['between convolutions'] as (typeof places)[string];
      const { y, given, seed } = chain(x, [...before, linkOf(activation), ...after]);
      const [trained] = fuse([y], { gradients: true });
      const dy = input('dy', y.shape);
      const [dx] = gradientsOf(trained as Tensor, dy, [given[0]?.tensor as Tensor]);
      const { kernels } = await runGraph(gpu, fuse([trained as Tensor, dx as Tensor]), [...given, { tensor: dy, value: seed }]);
      const own = definitionOf(kind).derivativeFrom === 'input' ? ['elementwise'] : [];
      const families = kernels.map((name) => name.split('/')[0]);
      expect(families).toEqual(['conv2d', ...own, 'conv2d', 'conv2d', 'conv2d']);
    });

    test('is a function of the graph layer', () => {
      expect(graphFace).toHaveProperty(kind);
    });
  },
);
