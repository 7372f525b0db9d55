import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Random } from '../src/core/random.ts';
import { elements, type Shape, type Value } from '../src/core/value.ts';
import { encode } from '../src/gpu/commands.ts';
import { readRanges } from '../src/gpu/readback.ts';
import { Workspace } from '../src/gpu/workspace.ts';
import { input, parameterNode } from '../src/graph/sources.ts';
import type { Tensor } from '../src/graph/tensor.ts';
import { type Gpu, sgd } from '../src/node.ts';
import { dense } from '../src/ops/dense.ts';
import { fakeQuantize } from '../src/ops/fake-quantize.ts';
import { gradientsOf } from '../src/ops/gradients/index.ts';
import { layOut } from '../src/plan/layout.ts';
import { createParameters } from '../src/plan/parameters.ts';
import { Plan } from '../src/plan/plan.ts';
import { roundingDispatches } from '../src/plan/rounding.ts';
import { NO_DATA_SET, TrainingState } from '../src/plan/state.ts';
import { updateDispatches } from '../src/plan/update.ts';
import { largestInteger, type WeightBits } from '../src/quantize/types.ts';
import { ruleOf } from '../src/train/optimizers/registry.ts';
import { fakeQuantize64 } from './support/fake-quantize64.ts';
import { openTestGpu } from './support/gpu.ts';
import { DIVISION, exponential, sumError, UNIT } from './support/rounding.ts';
import './support/loaded-kernels.ts';

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu?.destroy());

const BITS: readonly WeightBits[] = [8, 6, 5, 4, 3, 2];
const SHAPES: readonly { readonly shape: Shape; readonly axis: number }[] = [
  { shape: [3, 5], axis: 1 },
  { shape: [1, 1], axis: 1 },
  { shape: [3, 3, 1, 6], axis: 3 },
  { shape: [5, 5, 7, 9], axis: 3 },
  { shape: [3, 3, 4, 5], axis: 2 },
  { shape: [20_000, 3], axis: 1 },
];

/** Weights of which some lie beyond the grid, none so near to a tie that rounding decides. */
function drawn(random: Random, shape: Shape, axis: number, levels: number, replicas: number) {
  const inner = elements(shape.slice(axis + 1));
  const channels = shape[axis] ?? 1;
  return Array.from({ length: replicas }, () => {
    const logScale = Float32Array.from({ length: channels }, () => -4 * random.uniform());
    const data = Float32Array.from({ length: elements(shape) }, (_, i) => {
      const scale = Math.exp(logScale[Math.floor(i / inner) % channels] ?? 0);
      const integer = random.below(2 * levels + 5) - levels - 2;
      return scale * (integer + 0.49 * (2 * random.uniform() - 1));
    });
    return { logScale, data };
  });
}

interface Rounded {
  readonly y: Tensor;
  readonly weights: Tensor;
  readonly logScale: Tensor;
}

function roundedOf(
  given: readonly { readonly data: Float32Array; readonly logScale: Float32Array }[],
  shape: Shape,
  { axis, levels, name = 'w' }: { readonly axis: number; readonly levels: number; readonly name?: string },
): Rounded {
  const parameter = (of: 'data' | 'logScale', ofShape: Shape) =>
    parameterNode({
      name: `${name}/${of}`,
      shape: ofShape,
      initial: (replica) => given[replica]?.[of] ?? new Float32Array(),
      trainable: true,
      weightDecay: 0,
    });
  const weights = parameter('data', shape);
  const logScale = parameter('logScale', [shape[axis] ?? 1]);
  return { y: fakeQuantize({ weights, logScale }, { levels, axis }), weights, logScale };
}

/** What a step at a rate of 0 leaves: outputs, and gradients as the optimizer reads them, each by replica; and their partial sums before. */
async function stepped(
  outputs: readonly Tensor[],
  gradients: readonly { readonly parameter: Tensor; readonly gradient: Tensor }[],
  inputs: readonly { readonly tensor: Tensor; readonly value: Value }[],
  replicas = 2,
) {
  const workspace = new Workspace(gpu, 'test');
  try {
    const update = { gradients, optimizer: ruleOf(sgd({ learningRate: 1 })), schedule: { type: 'constant' } } as const;
    const layout = layOut(gpu, { replicas, outputs, update });
    const parameters = createParameters(
      workspace,
      gradients.map(({ parameter }) => parameter),
      layout,
    );
    const state = new TrainingState(workspace, replicas);
    const each = <T>(value: T) => Array.from({ length: replicas }, () => value);
    state.write({ step: 0, ...NO_DATA_SET, seeds: each(0), learningRates: each(0) });
    const plan = await Plan.create(workspace, layout, {
      ...{ state, parameters },
      ...{ update: updateDispatches, rounding: roundingDispatches },
    });
    for (const { tensor, value } of inputs) plan.upload(tensor, value.data);
    workspace.submit((encoder) => encode(encoder, plan.commands));
    const splits = new Map(layout.lowered.gradients.map((one) => [one.parameter, one.splits]));
    const read = await readRanges(
      workspace,
      gradients.map(({ parameter }) => parameters.gradientRange(parameter)),
    );
    const found = gradients.map(({ parameter }, index) => {
      const all = new Float32Array(read[index] as ArrayBuffer);
      const length = all.length / replicas / (splits.get(parameter) ?? 1);
      const isWeights = layout.lowered.roundings.some(({ weights }) => weights === parameter);
      const parts = isWeights ? 1 : (splits.get(parameter) ?? 1);
      return Array.from({ length: replicas }, (_, replica) =>
        Array.from({ length: elements(parameter.shape) }, (_, i) =>
          Array.from(
            { length: parts },
            (_, part) => all[replica * (all.length / replicas) + part * length + i] ?? Number.NaN,
          ).reduce((sum, value) => sum + value, 0),
        ),
      );
    });
    return { outputs: await plan.read(outputs), gradients: found, splits, kernels: plan.summary.kernels.map(({ name }) => name) };
  } finally {
    workspace.destroy();
  }
}

const error = 2 * (exponential(4) + DIVISION + UNIT);

describe('weights as integers hold them, and their gradients straight through, agree with float64', () => {
  for (const bits of BITS)
    test(`of every shape in one pass, in ${bits} bits and two replicas`, async () => {
      const levels = largestInteger(bits);
      const all = SHAPES.map(({ shape, axis }, index) => {
        const random = new Random(bits, elements(shape));
        const given = drawn(random, shape, axis, levels, 2);
        const gradient = { shape, data: Float32Array.from({ length: elements(shape) }, () => random.normal()) };
        const dy = input(`dy${index}`, shape);
        const rounded = roundedOf(given, shape, { axis, levels, name: `w${index}` });
        const [ofWeights, ofScales] = gradientsOf(rounded.y, dy, [rounded.weights, rounded.logScale]) as [Tensor, Tensor];
        return { shape, axis, given, gradient, dy, ...rounded, ofWeights, ofScales };
      });
      const got = await stepped(
        all.map(({ y }) => y),
        all.flatMap(({ weights, logScale, ofWeights, ofScales }) => [
          { parameter: weights, gradient: ofWeights },
          { parameter: logScale, gradient: ofScales },
        ]),
        all.map(({ dy, gradient }) => ({ tensor: dy, value: gradient })),
      );
      expect(got.kernels.filter((name) => name.startsWith('fake-quantize'))).toEqual([
        'fake-quantize/weights',
        'fake-quantize/weights-gradient',
      ]);
      all.forEach(({ shape, axis, given, gradient }, index) => {
        given.forEach(({ data, logScale: scales }, replica) => {
          const expected = fakeQuantize64({ data, shape }, scales, axis, levels, gradient.data);
          const y = got.outputs[index]?.[replica]?.data ?? [];
          const wrong = Array.from(expected.y).flatMap((value, i) =>
            Math.abs((y[i] ?? Number.NaN) - value) <= error * Math.abs(value) ? [] : [[i, value, y[i]]],
          );
          expect(wrong, JSON.stringify(shape)).toEqual([]);
          expect(got.gradients[2 * index]?.[replica], JSON.stringify(shape)).toEqual(Array.from(expected.ofWeights));
          expected.ofLogScale.forEach((value, channel) => {
            const bound = (expected.magnitudes[channel] ?? 0) * (error + sumError(256));
            expect(Math.abs((got.gradients[2 * index + 1]?.[replica]?.[channel] ?? Number.NaN) - value)).toBeLessThanOrEqual(
              bound,
            );
          });
        });
      });
    });

  test('where the gradient of the copy comes in partial sums', async () => {
    const [rows, inputs, outputs, levels] = [20_000, 5, 3, largestInteger(4)];
    const random = new Random(4, rows);
    const shape = [inputs, outputs];
    const given = drawn(random, shape, 1, levels, 2);
    const some = (of: Shape) => ({ shape: of, data: Float32Array.from({ length: elements(of) }, () => random.normal()) });
    const [x, dy] = [some([rows, inputs]), some([rows, outputs])];
    const [ofX, ofDy] = [input('x', x.shape), input('dy', dy.shape)];
    const { y, weights, logScale } = roundedOf(given, shape, { axis: 1, levels });
    const product = dense({ x: ofX, weights: y });
    const [ofWeights, ofScales] = gradientsOf(product, ofDy, [weights, logScale]) as [Tensor, Tensor];
    const got = await stepped(
      [product],
      [
        { parameter: weights, gradient: ofWeights },
        { parameter: logScale, gradient: ofScales },
      ],
      [
        { tensor: ofX, value: x },
        { tensor: ofDy, value: dy },
      ],
    );
    expect(got.splits.get(weights)).toBeGreaterThan(1);
    const [sums, magnitudes] = [new Float64Array(inputs * outputs), new Float64Array(inputs * outputs)];
    for (let row = 0; row < rows; row++)
      for (let i = 0; i < inputs; i++)
        for (let o = 0; o < outputs; o++) {
          const term = (x.data[row * inputs + i] ?? 0) * (dy.data[row * outputs + o] ?? 0);
          sums[i * outputs + o] = (sums[i * outputs + o] ?? 0) + term;
          magnitudes[i * outputs + o] = (magnitudes[i * outputs + o] ?? 0) + Math.abs(term);
        }
    given.forEach(({ data, logScale: scales }, replica) => {
      const expected = fakeQuantize64({ data, shape }, scales, 1, levels, sums);
      const largest = fakeQuantize64({ data, shape }, scales, 1, levels, magnitudes);
      expected.ofWeights.forEach((value, i) => {
        const bound = sumError(rows) * (magnitudes[i] ?? 0);
        expect(Math.abs((got.gradients[0]?.[replica]?.[i] ?? Number.NaN) - value)).toBeLessThanOrEqual(value === 0 ? 0 : bound);
      });
      expected.ofLogScale.forEach((value, channel) => {
        const bound = (largest.magnitudes[channel] ?? 0) * (error + sumError(rows));
        expect(Math.abs((got.gradients[1]?.[replica]?.[channel] ?? Number.NaN) - value)).toBeLessThanOrEqual(bound);
      });
    });
  });
});

test('what is not a number stays so', async () => {
  const given = [{ data: Float32Array.of(Number.NaN, 1), logScale: Float32Array.of(0) }];
  const { y, weights, logScale } = roundedOf(given, [2, 1], { axis: 1, levels: 7 });
  const dy = input('dy', [2, 1]);
  const [ofWeights, ofScales] = gradientsOf(y, dy, [weights, logScale]) as [Tensor, Tensor];
  const got = await stepped(
    [y],
    [
      { parameter: weights, gradient: ofWeights },
      { parameter: logScale, gradient: ofScales },
    ],
    [{ tensor: dy, value: { shape: [2, 1], data: Float32Array.of(2, 3) } }],
    1,
  );
  expect(Array.from(got.outputs[0]?.[0]?.data ?? [])).toEqual([Number.NaN, 1]);
  expect(got.gradients).toEqual([[[Number.NaN, 3]], [[Number.NaN]]]);
});

test('a scale for each channel there must be, and parameters', () => {
  const parameter = (shape: Shape) =>
    parameterNode({ name: 'w', shape, initial: () => new Float32Array(elements(shape)), trainable: true, weightDecay: 0 });
  expect(() => fakeQuantize({ weights: parameter([2, 3]), logScale: parameter([2]) }, { levels: 7, axis: 1 })).toThrow(
    "fakeQuantize: 'logScale' must be [3] for 'weights' [2, 3], got [2]",
  );
  expect(() => fakeQuantize({ weights: input('x', [2, 3]), logScale: parameter([3]) }, { levels: 7, axis: 1 })).toThrow(
    'fakeQuantize: rounds parameters, got the output of input',
  );
});
