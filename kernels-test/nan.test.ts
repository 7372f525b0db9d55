import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { elements, type Value } from '../src/core/value.ts';
import type { Tensor } from '../src/graph/tensor.ts';
import { type Gpu, opNames } from '../src/node.ts';
import { referenceGradOp, referenceOp } from '../src/reference/index.ts';
import { type Case, cases, outputGradientOf } from './cases/index.ts';
import type { Engine } from './support/check.ts';
import { type FusedCase, fusedCases, fusedGraph, fusedWays } from './support/fused-cases.ts';
import { gpuEngine, openTestGpu } from './support/gpu.ts';
import { runGraph } from './support/planned-graph.ts';
import { type SeparableCase, separableCases, separableGraph, separableWays } from './support/separable-cases.ts';
import { engineWith, serves, variantNames } from './support/variant-cases.ts';

// One NaN in an input, or in the gradient of the output: what the float64 reference says is NaN must be NaN on the GPU, and nothing else.

const essential = cases({ size: 'small' });
/** PAREDOWN_TEST_VARIANTS=all (in CI) takes the variants for adapters of another kind too, which take seconds to compile here. */
const thorough = process.env.PAREDOWN_TEST_VARIANTS === 'all';

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu?.destroy());

/** The value with one element NaN. */
function spoiled({ shape, data }: Value): Value {
  const copy = data.slice();
  copy[Math.floor(copy.length * 0.4)] = Number.NaN;
  return { shape, data: copy };
}

/**
 * Whether more may be NaN than the reference says: a convolution's kernels multiply by 0 where there is no pixel, which of NaN is NaN.
 * The gradients of a convolution have such places always, its output where a window reaches into padding; a transposed convolution is
 * such a gradient.
 */
function mayMultiplyByZero({ op, attributes: { padding } }: Case, result: 'output' | 'gradient'): boolean {
  return (
    op === 'conv2dTranspose' || (op === 'conv2d' && (result === 'gradient' || (padding !== undefined && padding !== 'valid')))
  );
}

/** How the NaNs of a result differ from those expected; `more`: there may be more. */
function difference(what: string, got: Value | undefined, expected: Value, more: boolean): string[] {
  const lost = [...expected.data.keys()].filter((i) => Number.isNaN(expected.data[i]) && !Number.isNaN(got?.data[i]));
  const spread = [...expected.data.keys()].filter((i) => !Number.isNaN(expected.data[i]) && Number.isNaN(got?.data[i]));
  const list = (indices: number[]) => `${indices.length} of ${expected.data.length} elements (${indices.slice(0, 5).join(', ')})`;
  return [
    ...(lost.length > 0 ? [`${what}: NaN is lost at ${list(lost)}`] : []),
    ...(spread.length > 0 && !more ? [`${what}: NaN at ${list(spread)}, which do not depend on it`] : []),
  ];
}

async function failuresOf(engine: Engine, testCase: Case): Promise<string[]> {
  const { op, name, attributes } = testCase;
  const label = `${op} ${name}`;
  const failures: string[] = [];
  const check = async (where: string, inputs: Case['inputs'], dy: Value) => {
    const one = { ...testCase, inputs };
    const y = referenceOp(op, inputs, attributes);
    failures.push(
      ...difference(`${label}: output, NaN in ${where}`, await engine.run(one), y, mayMultiplyByZero(testCase, 'output')),
    );
    const got = await engine.gradients(one, dy);
    for (const [input, gradient] of Object.entries(referenceGradOp(op, inputs, dy, attributes))) {
      const what = `${label}: gradient of ${input}, NaN in ${where}`;
      failures.push(...difference(what, got[input], gradient, mayMultiplyByZero(testCase, 'gradient')));
    }
  };
  const dy = outputGradientOf(testCase, referenceOp(op, testCase.inputs, attributes).shape);
  for (const [input, value] of Object.entries(testCase.inputs))
    if (input !== 'labels' && input !== 'indices') await check(input, { ...testCase.inputs, [input]: spoiled(value) }, dy);
  await check('the gradient of the output', testCase.inputs, spoiled(dy));
  return failures;
}

describe('NaN stays NaN, and spreads to nothing else, through each operation and its gradients', () => {
  for (const op of opNames)
    test(op, { timeout: 300_000 }, async () => {
      const engine = gpuEngine(gpu);
      const failures: string[] = [];
      for (const testCase of essential.filter((one) => one.op === op)) failures.push(...(await failuresOf(engine, testCase)));
      expect(failures).toEqual([]);
    });
});

describe('and through each variant of each kernel family', () => {
  for (const name of variantNames)
    test(`${name.family}/${name.variant}`, { timeout: 600_000 }, async ({ skip }) => {
      skip(!thorough && name.madeFor !== undefined && name.madeFor !== gpu.capabilities.kind, 'made for another kind of adapter');
      const engine = engineWith(gpu, name);
      const failures: string[] = [];
      for (const testCase of essential.filter((one) => serves(gpu, name, one)))
        failures.push(...(await failuresOf(engine, testCase)));
      expect(failures).toEqual([]);
    });
});

describe('and through a convolution joined with its pooling', () => {
  for (const name of ['W2, relu', 'cut-off windows, no activation', 'ten channels, leakyRelu', '32 channels, tanh'])
    for (const choice of fusedWays)
      test(`${name}, ${Object.values(choice).join(' and ')}`, { timeout: 300_000 }, async () => {
        const testCase = fusedCases[name] as FusedCase;
        const { inputs, dy, outputs } = fusedGraph(testCase, { wantsX: false });
        const ones = ({ shape }: Tensor): Value => ({ shape, data: new Float32Array(elements(shape)).fill(1) });
        const values = { x: spoiled(ones(inputs.x)), filter: ones(inputs.filter), bias: ones(inputs.bias as Tensor) };
        const attributes = { ...testCase.convolution, activation: testCase.activation };
        const z = referenceOp('conv2d', values, attributes);
        const { x: dz } = referenceGradOp('maxPool2d', { x: z }, ones(dy), testCase.pool);
        const gradients = referenceGradOp('conv2d', values, dz as Value, attributes);
        const right = [referenceOp('maxPool2d', { x: z }, testCase.pool), gradients.filter, gradients.bias];
        const given = [
          ...Object.entries(values).map(([key, value]) => ({ tensor: inputs[key as keyof typeof inputs] as Tensor, value })),
          { tensor: dy, value: ones(dy) },
        ];
        const { values: got } = await runGraph(gpu, outputs, given, { choice });
        expect(right[0]?.data.some(Number.isNaN)).toBe(true);
        // Without an activation the gradient of the pooled output is a number, and its zeros meet NaN in the reference alone.
        const checked = testCase.activation ? right : right.slice(0, 1);
        const failures = checked.flatMap((expected, i) =>
          difference(['output', 'gradient of filter', 'gradient of bias'][i] ?? '', got[i]?.[0], expected as Value, i > 0),
        );
        expect(failures).toEqual([]);
      });
});

describe('and through a convolution of single pixels joined with the depthwise one in front of it', () => {
  for (const name of ['the first block of W3', 'same padding, wide rows', 'a column of taps'])
    for (const choice of separableWays)
      test(`${name}, ${Object.values(choice).join(' and ')}`, { timeout: 300_000 }, async () => {
        const testCase = { ...(separableCases[name] as SeparableCase), before: undefined };
        const { inputs, dy, outputs, wanted } = separableGraph(testCase);
        const ones = ({ shape }: Tensor): Value => ({ shape, data: new Float32Array(elements(shape)).fill(1) });
        const { x, depthwise, filter } = {
          x: spoiled(ones(inputs.x)),
          depthwise: ones(inputs.depthwise),
          filter: ones(inputs.filter),
        };
        const bias = inputs.bias && ones(inputs.bias);
        const outer = { ...testCase.convolution, groups: testCase.x[3] };
        const inner = { activation: testCase.activation };
        const between = referenceOp('conv2d', { x, filter: depthwise }, outer);
        const behind = { x: between, filter, ...(bias && { bias }) };
        const { x: back, ...gradients } = referenceGradOp('conv2d', behind, ones(dy), inner);
        const front = referenceGradOp('conv2d', { x, filter: depthwise }, back as Value, outer);
        const right: Record<string, Value | undefined> = { ...gradients, x: front.x, depthwise: front.filter };
        const given = Object.entries({ x, depthwise, filter, bias }).flatMap(([key, value]) => {
          const tensor = inputs[key as keyof typeof inputs];
          return tensor && value ? [{ tensor, value }] : [];
        });
        const { values } = await runGraph(gpu, outputs, [...given, { tensor: dy, value: ones(dy) }], { choice });
        const [y, ...got] = values.map(([value]) => value);
        const expected = referenceOp('conv2d', behind, inner);
        expect(expected.data.some(Number.isNaN)).toBe(true);
        // Where a window reaches into padding, kernels multiply by 0.
        const padded = testCase.convolution?.padding !== undefined;
        expect([
          ...difference('output', y, expected, padded),
          ...wanted.flatMap((input, i) => difference(`gradient of ${input}`, got[i], right[input] as Value, true)),
        ]).toEqual([]);
      });
});
