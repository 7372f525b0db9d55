import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Random } from '../src/core/random.ts';
import { elements } from '../src/core/value.ts';
import {
  adam,
  add,
  apply,
  batchNorm,
  binaryCrossEntropy,
  compile,
  concat,
  constant,
  conv2d,
  dense,
  dropout,
  gradient,
  heNormal,
  input,
  maxPool2d,
  meanSquaredError,
  multiply,
  parameter,
  relu,
  reshape,
  sgd,
  slice,
  softmaxCrossEntropy,
  sum,
  type Tensor,
  tanh,
  zeros,
} from '../src/graph.ts';
import {
  DataError,
  type Gpu,
  model,
  OptionError,
  predictor,
  referenceGradOp,
  referenceOp,
  ShapeError,
  type Value,
} from '../src/node.ts';
import * as layers from '../src/public/models.ts';
import { openTestGpu } from './support/gpu.ts';
import { referencePass, type Weights64 } from './support/reference-network.ts';
import { sumError } from './support/rounding.ts';
import { weightsFrom } from './support/weights.ts';

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu?.destroy());

function drawn(shape: readonly number[], stream: number): Value {
  const random = new Random(17, stream);
  return { shape, data: Float32Array.from({ length: elements(shape) }, () => random.normal()) };
}

function scalar(value: number): Value {
  return { shape: [], data: Float32Array.of(value) };
}

/** Sums here have at most 36 terms, and numbers are of the order of 1. */
function expectClose(got: Value | undefined, wanted: ArrayLike<number>, size = 4): void {
  expect(got?.data.length).toBe(wanted.length);
  for (const [i, value] of got?.data.entries() ?? [])
    expect(Math.abs(value - (wanted[i] ?? Number.NaN))).toBeLessThan(size * 4 * sumError(36));
}

const plus = (a: Value | undefined, b: Value | undefined) =>
  (a?.data ?? new Float32Array()).map((value, i) => value + (b?.data[i] ?? Number.NaN));

describe('gradients', () => {
  test('of a sum of two losses, weighted by an input, are the weighted sum of theirs', async () => {
    const [x, w] = [input('x', [3, 4]), parameter('w', [4, 2], drawn([4, 2], 1))];
    const [labels, target, weight] = [input('labels', [3]), input('target', [3, 2]), input('weight', [])];
    const logits = dense({ x, weights: w });
    const loss = add({
      a: softmaxCrossEntropy({ logits, labels }),
      b: multiply({ a: meanSquaredError({ prediction: logits, target }), b: weight }),
    });
    const [dw, dx] = gradient(loss, [w, x]);
    if (!dw || !dx) throw new Error('two gradients were asked for');
    const values = {
      x: drawn([3, 4], 2),
      labels: { shape: [3], data: Float32Array.of(0, 1, 1) },
      target: drawn([3, 2], 3),
      weight: scalar(0.3),
    };

    const program = await compile(gpu, { outputs: { loss, dw, dx, logits } });
    const got = await program.run(values);
    const given = { x: values.x, weights: drawn([4, 2], 1) };
    const y = referenceOp('dense', given);
    const entropy = { logits: y, labels: values.labels };
    const squares = { prediction: y, target: values.target };
    const fromEntropy = referenceGradOp('softmaxCrossEntropy', entropy, scalar(1)).logits;
    const fromSquares = referenceGradOp('meanSquaredError', squares, scalar(0.3)).prediction;
    const expected = referenceGradOp('dense', given, { shape: y.shape, data: plus(fromEntropy, fromSquares) });
    expectClose(got.logits, y.data);
    const wanted =
      (referenceOp('softmaxCrossEntropy', entropy).data[0] ?? 0) + 0.3 * (referenceOp('meanSquaredError', squares).data[0] ?? 0);
    expectClose(got.loss, [wanted]);
    expectClose(got.dw, expected.weights?.data ?? []);
    expectClose(got.dx, expected.x?.data ?? []);
    await program.destroy();
  });

  test('of a parameter that two layers share are the sum of both', async () => {
    const filter = parameter('filter', [3, 3, 2, 2], drawn([3, 3, 2, 2], 4));
    const x = input('x', [2, 4, 4, 2]);
    const hidden = conv2d({ x, filter }, { padding: 'same', activation: 'tanh' });
    const y = conv2d({ x: hidden, filter }, { padding: 'same' });
    const target = input('target', y.shape);
    const [dFilter] = gradient(meanSquaredError({ prediction: y, target }), [filter]);
    if (!dFilter) throw new Error('a gradient was asked for');
    const program = await compile(gpu, { outputs: { dFilter } });
    const values = { x: drawn(x.shape, 5), target: drawn(y.shape, 6) };

    const given = drawn([3, 3, 2, 2], 4);
    const inner = { x: values.x, filter: given };
    const h = referenceOp('conv2d', inner, { padding: 'same', activation: 'tanh' });
    const outer = { x: h, filter: given };
    const prediction = referenceOp('conv2d', outer, { padding: 'same' });
    const dy = referenceGradOp('meanSquaredError', { prediction, target: values.target }, scalar(1)).prediction as Value;
    const second = referenceGradOp('conv2d', outer, dy, { padding: 'same' });
    const first = referenceGradOp('conv2d', inner, second.x as Value, { padding: 'same', activation: 'tanh' });
    const largest = 1 + Math.max(...plus(first.filter, second.filter).map(Math.abs));
    expectClose((await program.run(values)).dFilter, plus(first.filter, second.filter), 4 * largest);
    await program.destroy();
  });

  test('of a tensor that is used twice: x + x, x x, relu(x) + x, and x beside itself', async () => {
    const x = parameter('x', [6], { shape: [6], data: Float32Array.of(-2, -1, -0.5, 0.5, 1, 2) });
    const zero = input('zero', [6]);
    // The gradient of the mean of y^2 is 2 y / 6 dy/dx.
    const twice = { sum: add({ a: x, b: x }), product: multiply({ a: x, b: x }), rest: add({ a: relu({ x }), b: x }) };
    const losses = Object.entries(twice).map(
      ([name, y]) => [name, gradient(meanSquaredError({ prediction: y, target: zero }), [x])[0]] as const,
    );
    const beside = concat({ a: x, b: tanh({ x }), c: x });
    const outputs = Object.fromEntries(
      [...losses, ['beside', beside] as const].flatMap(([name, tensor]) => (tensor ? [[name, tensor]] : [])),
    );
    const program = await compile(gpu, { outputs });
    const got = await program.run({ zero: { shape: [6], data: new Float32Array(6) } });
    const at = [-2, -1, -0.5, 0.5, 1, 2];
    expectClose(
      got.sum,
      at.map((v) => (2 * 2 * v * 2) / 6),
    );
    expectClose(
      got.product,
      at.map((v) => (2 * v * v * 2 * v) / 6),
    );
    expectClose(
      got.rest,
      at.map((v) => (v > 0 ? (2 * 2 * v * 2) / 6 : (2 * v) / 6)),
    );
    expectClose(got.beside, [...at, ...at.map(Math.tanh), ...at]);
    await program.destroy();
  });

  test('go through reshapes and slices', async () => {
    const x = input('x', [2, 6]);
    const y = slice(reshape(x, [2, 3, 2]), 1, 1);
    const [dx] = gradient(meanSquaredError({ prediction: y, target: input('target', [2, 3, 1]) }), [x]);
    if (!dx) throw new Error('a gradient was asked for');
    const program = await compile(gpu, { outputs: { y, dx } });
    const values = { x: drawn([2, 6], 8), target: { shape: [2, 3, 1], data: new Float32Array(6) } };
    const got = await program.run(values);
    expectClose(
      got.y,
      values.x.data.filter((_, i) => i % 2 === 1),
    );
    expectClose(
      got.dx,
      values.x.data.map((v, i) => (i % 2 === 1 ? (2 * v) / 6 : 0)),
    );
    await program.destroy();
  });

  test('are refused for what is no scalar, and for what a loss does not depend on', () => {
    const [x, w] = [input('x', [3, 4]), parameter('w', [4, 2], zeros())];
    const y = dense({ x, weights: w });
    expect(() => gradient(y, [w])).toThrow(/gradient: the loss must be a scalar, got \[3, 2\]/);
    const loss = meanSquaredError({ prediction: y, target: input('t', [3, 2]) });
    expect(() => gradient(loss, [w, parameter('other', [7], zeros())])).toThrow(/does not depend on tensor 1 \(\[7\]\)/);
  });
});

describe('a model that is applied', () => {
  const network = model(
    [6, 6, 2],
    [layers.conv2d(3, 3, { activation: 'gelu' }), layers.batchNorm(), layers.avgPool2d(2), layers.flatten(), layers.dense(2)],
  );
  const weights = weightsFrom(network, 1);

  test('gives what a predictor gives, and the gradient of its input that differences in float64 tell', async () => {
    const given = drawn([1, 6, 6, 2], 3);
    const x = input('x', [1, 6, 6, 2]);
    const y = apply(network, weights, x);
    const [dx] = gradient(sum({ x: slice(y, 1, 1) }), [x]);
    if (!dx) throw new Error('one gradient was asked for');
    const program = await compile(gpu, { outputs: { y, dx } });
    const got = await program.run({ x: given });
    await program.destroy();

    const asked = await predictor(gpu, network, weights);
    expectClose(got.y, (await asked.predict(given)).data);
    await asked.destroy();
    const weights64: Weights64 = new Map(
      [...weights].map(([name, { shape, data }]) => [name, { shape, data: Float64Array.from(data) }]),
    );
    const logit = (index: number, step: number) => {
      const data = Float64Array.from(given.data, (value, i) => value + (i === index ? step : 0));
      return referencePass(network, weights64, { shape: given.shape, data }, { type: 'inference' }).output.data[1] ?? Number.NaN;
    };
    const step = 2 ** -12;
    const differences = Array.from(given.data, (_, i) => (logit(i, step) - logit(i, -step)) / (2 * step));
    expectClose(got.dx, differences);
  });

  test('takes its own weights and a batch of its own input', () => {
    expect(() => apply(network, new Map(), input('x', [1, 6, 6, 2]))).toThrow(/'conv2d_1\/filter' .* is missing/);
    expect(() => apply(network, weights, input('x', [6, 6, 2]))).toThrow(/x must be \[N, 6, 6, 2\]/);
  });
});

describe('a program with an update', () => {
  test('moves its parameters by the optimizer, once a run, and gives what was before it', async () => {
    const w = parameter('w', [3], { shape: [3], data: Float32Array.of(1, 2, 3) });
    const fixed = parameter('fixed', [3], { shape: [3], data: Float32Array.of(1, 1, 1) }, { trainable: false });
    const loss = meanSquaredError({ prediction: multiply({ a: w, b: fixed }), target: input('target', [3]) });
    const program = await compile(gpu, { outputs: { w, loss }, update: { loss, optimizer: sgd({ learningRate: 0.75 }) } });
    const target = { shape: [3], data: Float32Array.of(0, 0, 0) };
    // w -= 0.75 (2 w / 3): each run halves it.
    const first = await program.run({ target });
    expectClose(first.loss, [14 / 3]);
    expectClose(await program.parameter('w'), [0.5, 1, 1.5]);
    expectClose((await program.run({ target })).loss, [14 / 12]);
    expectClose(await program.parameter('w'), [0.25, 0.5, 0.75]);
    expect((await program.parameter('fixed')).data).toEqual(Float32Array.of(1, 1, 1));
    await program.destroy();
  });

  test('learns with a loss of its own', async () => {
    const x = input('x', [16, 2]);
    const target = input('target', [16, 1]);
    const hidden = dense(
      { x, weights: parameter('a', [2, 16], heNormal(), { seed: 1 }), bias: parameter('b', [16], zeros()) },
      { activation: 'tanh' },
    );
    const y = dense({ x: hidden, weights: parameter('c', [16, 1], heNormal(), { seed: 1 }) });
    const loss = add({
      a: meanSquaredError({ prediction: y, target }),
      b: meanSquaredError({ prediction: multiply({ a: y, b: y }), target: multiply({ a: target, b: target }) }),
    });
    const program = await compile(gpu, { outputs: { loss }, update: { loss, optimizer: adam({ learningRate: 0.02 }) } });
    const points = drawn([16, 2], 9);
    const values = {
      x: points,
      target: { shape: [16, 1], data: Float32Array.from({ length: 16 }, (_, i) => Math.sin(points.data[2 * i] ?? 0)) },
    };
    const first = (await program.run(values)).loss?.data[0] ?? 0;
    for (let run = 0; run < 150; run++) await program.run(values);
    expect((await program.run(values)).loss?.data[0]).toBeLessThan(first / 20);
    await program.destroy();
  });

  test('fuses and shares memory like a model', async () => {
    const x = input('x', [4, 8, 8, 1]);
    const y = maxPool2d(
      {
        x: conv2d(
          { x, filter: parameter('f', [3, 3, 1, 4], heNormal()), bias: parameter('b', [4], zeros()) },
          { activation: 'relu' },
        ),
      },
      { size: [2, 2] },
    );
    const loss = softmaxCrossEntropy({
      logits: dense({ x: reshape(y, [4, 36]), weights: parameter('w', [36, 3], heNormal()) }),
      labels: input('labels', [4]),
    });
    const program = await compile(gpu, { outputs: { loss }, update: { loss, optimizer: sgd({ learningRate: 0.1 }) } });
    expect(program.plan.kernels.filter(({ name }) => name.startsWith('elementwise'))).toEqual([]);
    expect(program.plan.activationBytes).toBeLessThan(program.plan.activationBytesUnshared);
    await program.destroy();
  });
});

describe('labels of a program', () => {
  const logits: Value = { shape: [2, 3], data: Float32Array.of(0, 1, 2, 0, 1, 2) };
  const wrong = [3, 7, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY];
  const given = (...labels: number[]): Value => ({ shape: [labels.length], data: Float32Array.from(labels) });

  test('are checked where they enter, by the input that holds them, and nothing is run', async () => {
    const w = parameter('w', [3, 3], constant(0));
    const loss = softmaxCrossEntropy({ logits: dense({ x: input('l', [2, 3]), weights: w }), labels: input('y', [2]) });
    const program = await compile(gpu, { outputs: { loss }, update: { loss, optimizer: sgd({ learningRate: 1 }) } });
    for (const label of wrong) {
      const run = program.run({ l: logits, y: given(0, label) });
      await expect(run).rejects.toThrow(DataError);
      await expect(run).rejects.toThrow(`run: input 'y': label 1 is ${label}; it must be a class index from 0 to 2`);
    }
    expect((await program.parameter('w')).data.every((weight) => weight === 0)).toBe(true);
    expect((await program.run({ l: logits, y: given(0, 2) })).loss?.data[0]).toBeCloseTo(Math.log(3));
    await program.destroy();
  });

  test('through reshapes and slices, and of binaryCrossEntropy too', async () => {
    const both = input('both', [2, 2]);
    const first = reshape(slice(both, 0, 1), [2]);
    const second = reshape(slice(both, 1, 1), [2]);
    const entropy = softmaxCrossEntropy({ logits: input('l', [2, 3]), labels: first });
    const binary = binaryCrossEntropy({ logits: input('z', [2]), labels: second });
    const program = await compile(gpu, { outputs: { entropy, binary } });
    const run = (...labels: number[]) =>
      program.run({ l: logits, z: given(0, 0), both: { shape: [2, 2], data: Float32Array.from(labels) } });
    await expect(run(0, 0, 3, 0)).rejects.toThrow(/input 'both': label 2 is 3; it must be a class index from 0 to 2/);
    await expect(run(0, 0, 0, 2)).rejects.toThrow(/input 'both': label 3 is 2; it must be a class index from 0 to 1/);
    expect((await run(2, 0, 2, 1)).binary?.data[0]).toBeCloseTo(Math.LN2);
    await program.destroy();
  });

  test('that the graph computes make the loss and its gradient NaN where they are no classes', async () => {
    const labels = add({ a: input('y', [2]), b: input('more', [2]) });
    const x = input('l', [2, 3]);
    const z = input('z', [2]);
    const [entropy, binary] = [softmaxCrossEntropy({ logits: x, labels }), binaryCrossEntropy({ logits: z, labels })];
    const [dx] = gradient(entropy, [x]);
    const [dz] = gradient(binary, [z]);
    const outputs = { entropy, binary, dx: dx as Tensor, dz: dz as Tensor };
    const program = await compile(gpu, { outputs });
    const run = (label: number) => program.run({ l: logits, z: given(0, 0), y: given(1, label), more: given(0, 0) });
    for (const label of wrong) {
      const { entropy, binary, dx, dz } = await run(label);
      expect([entropy?.data[0], binary?.data[0], dz?.data[1]]).toEqual([Number.NaN, Number.NaN, Number.NaN]);
      expect([...(dx?.data ?? [])].map(Number.isNaN)).toEqual([false, false, false, true, true, true]);
      expect(dz?.data[0]).not.toBeNaN();
    }
    expect((await run(0)).entropy?.data[0]).not.toBeNaN();
    await program.destroy();
  });
});

describe('a program refuses', () => {
  const x = input('x', [2, 3]);
  const w = parameter('w', [3, 1], zeros());
  const loss = meanSquaredError({ prediction: dense({ x, weights: w }), target: input('t', [2, 1]) });

  test('two inputs or parameters of one name', async () => {
    const twin = dense({ x, weights: parameter('w', [3, 1], zeros()) });
    await expect(compile(gpu, { outputs: { loss, twin } })).rejects.toThrow(/two parameters are named 'w'/);
    await expect(compile(gpu, { outputs: { loss, other: relu({ x: input('x', [5]) }) } })).rejects.toThrow(
      /two inputs are named 'x'/,
    );
  });

  test('names that are none and shapes that are none', () => {
    expect(() => input('', [1])).toThrow(ShapeError);
    expect(() => input('x', [0])).toThrow(/input 'x' has shape \[0\]/);
    expect(() => parameter('w', [2], { shape: [3], data: new Float32Array(3) })).toThrow(
      /parameter 'w': its value has shape \[3\], not \[2\]/,
    );
  });

  test('a run without an input, with an unknown one, or with one of another shape', async () => {
    const program = await compile(gpu, { outputs: { loss } });
    const t = { shape: [2, 1], data: new Float32Array(2) };
    await expect(program.run({ t })).rejects.toThrow(/run: input 'x' is missing/);
    await expect(program.run({ t, x: drawn([2, 3], 1), z: t })).rejects.toThrow(
      /no input 'z'; it takes x, t|no input 'z'; it takes t, x/,
    );
    await expect(program.run({ t, x: drawn([3, 2], 1) })).rejects.toThrow(/input 'x' must be \[2, 3\], got \[3, 2\]/);
    await expect(program.parameter('v')).rejects.toThrow(/no parameter 'v'; it has w/);
    await program.destroy();
    await expect(program.run({ t, x: drawn([2, 3], 1) })).rejects.toThrow(/destroyed/);
  });

  test('to be compiled with nothing to do, or with a loss that nothing can lower', async () => {
    await expect(compile(gpu, { outputs: {} })).rejects.toThrow(OptionError);
    const free = meanSquaredError({ prediction: x, target: input('t', [2, 3]) });
    await expect(compile(gpu, { outputs: {}, update: { loss: free, optimizer: adam() } })).rejects.toThrow(
      /no trainable parameter/,
    );
  });
});

describe('parts of tensors, chained gradients and refusals', () => {
  const vector = (...values: number[]): Value => ({ shape: [values.length], data: Float32Array.from(values) });

  test('batch normalisation takes scale and offset that are parts of one tensor', async () => {
    const x = input('x', [4, 2]);
    const both = input('both', [4]);
    const y = batchNorm({ x, scale: slice(both, 0, 2), offset: slice(both, 2, 2) });
    await using program = await compile(gpu, { outputs: { y } });
    const values = { x: { shape: [4, 2], data: Float32Array.of(1, 5, 2, 7, 4, -1, 0, 3) }, both: vector(2, 3, -1, 10) };
    const { y: got } = await program.run(values);
    const expected = referenceOp('batchNorm', { x: values.x, scale: vector(2, 3), offset: vector(-1, 10) });
    const off = [...expected.data].map((value, i) => Math.abs(value - (got?.data[i] ?? Number.NaN)));
    // Values of at most 16, a handful of roundings each.
    expect(Math.max(...off)).toBeLessThan(16 * 16 * 2 ** -24 * 16);
  });

  test('a gradient flows through a tensor that is itself asked for its gradient', async () => {
    const w = input('w', [1, 2]);
    const h = multiply({ a: w, b: w });
    const loss = meanSquaredError({ prediction: h, target: input('target', [1, 2]) });
    const [dw, dh] = gradient(loss, [w, h]);
    await using program = await compile(gpu, { outputs: { dw: dw as Tensor, dh: dh as Tensor } });
    const got = await program.run({
      w: { shape: [1, 2], data: Float32Array.of(2, 3) },
      target: { shape: [1, 2], data: Float32Array.of(1, 5) },
    });
    // loss = ((w^2 - t)^2).mean(): d/dh = h - t = (3, 4), d/dw = 2 w (h - t).
    expect([...(got.dh?.data ?? [])]).toEqual([3, 4]);
    expect([...(got.dw?.data ?? [])]).toEqual([12, 24]);
  });

  test('a second derivative is refused', () => {
    const weights = parameter('weights', [2, 2], heNormal());
    const loss = meanSquaredError({ prediction: dense({ x: input('x', [3, 2]), weights }), target: input('target', [3, 2]) });
    const [first] = gradient(loss, [weights]);
    const penalty = meanSquaredError({ prediction: first as Tensor, target: input('zero', [2, 2]) });
    expect(() => gradient(add({ a: loss, b: penalty }), [weights])).toThrow(/cannot be differentiated again/);
  });

  test('two dropouts of one layer number, an unknown option and an optimizer made by hand are refused', async () => {
    const x = input('x', [2, 4]);
    const twice = dropout({ x: dropout({ x }, { rate: 0.5 }) }, { rate: 0.5 });
    await expect(compile(gpu, { outputs: { twice } })).rejects.toThrow(/layer 0/);
    await expect(compile(gpu, { outputs: { x: relu({ x }) }, upadte: 1 } as never)).rejects.toThrow(/unknown option 'upadte'/);
    expect(() => parameter('p', [1], heNormal(), { weightDecay: -1 })).toThrow(/weightDecay/);
  });
});
