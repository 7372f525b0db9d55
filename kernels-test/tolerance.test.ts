import { describe, expect, test } from 'vitest';
import { sameShape, type Value } from '../src/core/value.ts';
import { referenceGradOp, referenceOp, references } from '../src/reference/index.ts';
import { type Case, cases, DEFAULT_SEED, randomCases } from './cases/index.ts';
import { checkCase, type Engine } from './support/check.ts';

const all = [...cases({ size: 'full' }), ...randomCases(DEFAULT_SEED, 60)];

/** The reference as an engine, with one defect. */
function engineWith(defect: {
  inputs?(testCase: Case): Case['inputs'];
  attributes?: Record<string, unknown>;
  output?(y: Value): Value;
}): Engine {
  const inputsOf = (testCase: Case) => defect.inputs?.(testCase) ?? testCase.inputs;
  const attributesOf = (testCase: Case) => ({ ...testCase.attributes, ...defect.attributes });
  return {
    run: async (testCase) => {
      const y = referenceOp(testCase.op, inputsOf(testCase), attributesOf(testCase));
      return defect.output?.(y) ?? y;
    },
    gradients: async (testCase, outputGradient) =>
      referenceGradOp(testCase.op, inputsOf(testCase), outputGradient, attributesOf(testCase)),
  };
}

function withLast(value: Value | undefined, change: (last: number) => number): Value {
  if (!value) throw new Error('the case has no such input');
  const data = value.data.slice();
  data[data.length - 1] = change(data.at(-1) ?? 0);
  return { shape: value.shape, data };
}

/** How many of the cases an engine fails. */
async function failed(engine: Engine, tested: readonly Case[]): Promise<number> {
  expect(tested.length).toBeGreaterThan(0);
  const results = await Promise.all(tested.map((testCase) => checkCase(engine, testCase)));
  return results.filter((failures) => failures.length > 0).length;
}

const of = (op: string, name = '') => all.filter((testCase) => testCase.op === op && testCase.name.includes(name));

test('the reference, rounded to float32, passes', async () => {
  for (const testCase of [...cases({ size: 'small' }), ...randomCases(DEFAULT_SEED, 16)])
    expect(await checkCase(engineWith({}), testCase)).toEqual([]);
});

test('every reference has cases, in the small run too, and no two cases are alike', () => {
  const names = all.map(({ op, name }) => `${op} ${name}`);
  expect(new Set(names).size).toBe(names.length);
  for (const size of ['full', 'small'] as const)
    expect([...new Set(cases({ size }).map(({ op }) => op))].sort()).toEqual(Object.keys(references).sort());
});

describe('the cases and their bounds catch', () => {
  test('a convolution that leaves out one weight of all', async () => {
    const engine = engineWith({ inputs: ({ inputs }) => ({ ...inputs, filter: withLast(inputs.filter, () => 0) }) });
    // Without padding and activation every weight counts in every output.
    const convolutions = of('conv2d').filter(
      ({ attributes }) => (attributes.padding ?? 'valid') === 'valid' && !attributes.activation,
    );
    expect(await failed(engine, convolutions)).toBe(convolutions.length);
  });

  test('a dense layer that leaves out one input of one row', async () => {
    const engine = engineWith({ inputs: ({ inputs }) => ({ ...inputs, x: withLast(inputs.x, () => 0) }) });
    // A softmax of one output is 1 whatever it is given.
    const layers = of('dense').filter(
      ({ inputs, attributes }) =>
        inputs.x?.data.at(-1) !== 0 && !(attributes.activation === 'softmax' && inputs.weights?.shape[1] === 1),
    );
    expect(await failed(engine, layers)).toBe(layers.length);
  });

  test('one element that is wrong by a thousandth, or not a number', async () => {
    for (const change of [(last: number) => last * 1.001, () => Number.NaN]) {
      const engine = engineWith({ output: (y) => withLast(y, change) });
      const dense = of('dense').filter(
        (testCase) => referenceOp('dense', testCase.inputs, testCase.attributes).data.at(-1) !== 0,
      );
      expect(await failed(engine, dense)).toBe(dense.length);
    }
  });

  test('padding on the wrong side', async () => {
    const even = of('conv2d', '"same"').filter(
      ({ inputs, attributes }) =>
        inputs.filter?.shape[0] === 2 && (attributes.strides ?? [1, 1]).toString() === '1,1' && !attributes.dilations,
    );
    const engine: Engine = {
      run: async ({ inputs, attributes }) => {
        const window = inputs.filter?.shape ?? [];
        const left = Math.floor((window[1] ?? 0) / 2);
        return referenceOp('conv2d', inputs, { ...attributes, padding: [1, 0, left, (window[1] ?? 1) - 1 - left] });
      },
      gradients: async ({ inputs, attributes }, outputGradient) => referenceGradOp('conv2d', inputs, outputGradient, attributes),
    };
    expect(await failed(engine, even)).toBe(even.length);
  });

  test('a slope of ReLU at 0', async () => {
    const engine = engineWith({ attributes: { slope: 1 } });
    const relu: Engine = {
      run: async ({ inputs }) => referenceOp('relu', inputs),
      gradients: async ({ inputs }, outputGradient) => {
        const x = inputs.x as Value;
        return { x: { shape: x.shape, data: x.data.map((value, i) => (value >= 0 ? (outputGradient.data[i] ?? 0) : 0)) } };
      },
    };
    expect(await failed(relu, of('relu', 'zeros'))).toBe(1);
    expect(await failed(engine, of('leakyRelu', 'zeros'))).toBe(1);
  });

  test('a variance that divides by one row less', async () => {
    const engine: Engine = {
      run: async ({ inputs, attributes }) => {
        const { x, scale, offset } = inputs as { x: Value; scale: Value; offset: Value };
        const rows = x.data.length / (x.shape.at(-1) ?? 1);
        const y = referenceOp('batchNorm', { x, scale, offset: { ...offset, data: offset.data.map(() => 0) } }, attributes);
        const factor = Math.sqrt((rows - 1) / rows);
        return { shape: y.shape, data: y.data.map((value, i) => value * factor + (offset.data[i % offset.data.length] ?? 0)) };
      },
      gradients: async ({ inputs, attributes }, outputGradient) =>
        referenceGradOp('batchNorm', inputs, outputGradient, attributes),
    };
    // Of 34,000 rows one less makes no difference that a bound could tell.
    const batches = of('batchNorm', 'batch statistics').filter(({ name }) => !/^(1x1x1x1|5x4|34000x2) /.test(name));
    expect(await failed(engine, batches)).toBe(batches.length);
  });

  test('dropout of another step, layer or seed', async () => {
    for (const attributes of [{ step: 77 }, { layer: 77 }, { seed: 77 }]) {
      const dropped = of('dropout').filter(
        ({ attributes: { rate }, inputs }) => rate !== 0 && (inputs.x?.data.length ?? 0) > 100,
      );
      expect(await failed(engineWith({ attributes }), dropped)).toBe(dropped.length);
    }
  });

  test('the last of equal values taking the gradient', async () => {
    const engine: Engine = {
      run: async ({ inputs, attributes }) => referenceOp('maxPool2d', inputs, attributes),
      gradients: async ({ inputs, attributes }, outputGradient) => {
        const x = inputs.x as Value;
        // A tilt too small to change an order, except among equals.
        const tilted = { shape: x.shape, data: x.data.map((value, i) => value + i * 2 ** -20) };
        return referenceGradOp('maxPool2d', { x: tilted }, outputGradient, attributes);
      },
    };
    const tied = of('maxPool2d', 'ties').filter(({ attributes }) => !sameShape(attributes.size as number[], [1, 1]));
    expect(await failed(engine, tied)).toBe(tied.length);
  });
});
