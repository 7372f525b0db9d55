import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Random } from '../src/core/random.ts';
import { elements } from '../src/core/value.ts';
import {
  abs,
  adam,
  add,
  compile,
  concat,
  constant,
  dense,
  divide,
  exp,
  gather,
  gradient,
  heNormal,
  input,
  log,
  matmul,
  maximum,
  mean,
  multiply,
  negative,
  parameter,
  reshape,
  sgd,
  slice,
  softmax,
  softmaxCrossEntropy,
  sqrt,
  subtract,
  sum,
  type Tensor,
  transpose,
  upsample2d,
  zeros,
} from '../src/graph.ts';
import { decodeSafetensors, encodeSafetensors, type Gpu, OptionError, ShapeError, type Value } from '../src/node.ts';
import { openTestGpu } from './support/gpu.ts';

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu?.destroy());

function drawn(shape: readonly number[], stream: number): Value {
  const random = new Random(23, stream);
  return { shape, data: Float32Array.from({ length: elements(shape) }, () => random.normal()) };
}

function value(shape: readonly number[], ...data: number[]): Value {
  return { shape, data: Float32Array.from(data) };
}

/** What a program gives for a loss and its gradients, and central differences of the loss by each input, in float32. */
async function gradients(loss: Tensor, inputs: Readonly<Record<string, Tensor>>, values: Readonly<Record<string, Value>>) {
  const names = Object.keys(inputs);
  const found = gradient(loss, Object.values(inputs));
  await using program = await compile(gpu, {
    outputs: { loss, ...Object.fromEntries(names.map((name, i) => [`d${name}`, found[i] as Tensor])) },
  });
  const evaluate = async (changed: Readonly<Record<string, Value>>) => (await program.run(changed)).loss?.data[0] ?? Number.NaN;
  const got = await program.run(values);
  const worst: Record<string, number> = {};
  for (const name of names) {
    const at = values[name] as Value;
    const step = 2 ** -7;
    worst[name] = 0;
    for (let i = 0; i < at.data.length; i++) {
      const moved = (by: number) => ({ ...values, [name]: { ...at, data: at.data.map((x, j) => (j === i ? x + by : x)) } });
      const slope = ((await evaluate(moved(step))) - (await evaluate(moved(-step)))) / (2 * step);
      worst[name] = Math.max(worst[name] ?? 0, Math.abs(slope - (got[`d${name}`]?.data[i] ?? Number.NaN)));
    }
  }
  return { loss: got.loss?.data[0] ?? Number.NaN, worst };
}

// A loss of about 1 is off by some 1e-7, of which a difference over 2^-6 makes 1e-5; the cubic term is a thousandth of the slope at most.
const SLOPE = 2e-3;

describe("losses of one's own", () => {
  test('the focal loss (Lin et al. 2017), from softmax, gather, log and powers', async () => {
    const logits = input('logits', [4, 3]);
    const labels = input('labels', [4]);
    const oneHot = gather({ x: input('identity', [3, 3]), indices: labels });
    const p = sum({ x: multiply({ a: softmax({ x: logits }), b: oneHot }) }, { axes: [1] });
    const rest = subtract({ a: input('one', []), b: p });
    const loss = mean({ x: negative({ x: multiply({ a: multiply({ a: rest, b: rest }), b: log({ x: p }) }) }) });
    const values = {
      logits: drawn([4, 3], 1),
      labels: value([4], 0, 2, 1, 1),
      identity: value([3, 3], 1, 0, 0, 0, 1, 0, 0, 0, 1),
      one: value([], 1),
    };
    const { loss: got, worst } = await gradients(loss, { logits }, values);
    const expected = [0, 1, 2, 3].map((n) => {
      const row = [...values.logits.data.slice(n * 3, n * 3 + 3)];
      const probability = Math.exp(row[values.labels.data[n] ?? 0] ?? 0) / row.reduce((total, z) => total + Math.exp(z), 0);
      return -((1 - probability) ** 2) * Math.log(probability);
    });
    expect(Math.abs(got - expected.reduce((a, b) => a + b) / 4)).toBeLessThan(1e-5);
    expect(worst.logits).toBeLessThan(SLOPE);
  });

  test('a contrastive loss: cosines of embeddings with each other, as logits', async () => {
    const x = input('x', [4, 6]);
    const squares = sum({ x: multiply({ a: x, b: x }) }, { axes: [-1], keepDims: true });
    const unit = divide({ a: x, b: sqrt({ x: squares }) });
    const cosines = matmul({ a: unit, b: unit }, { transposeB: true });
    const loss = softmaxCrossEntropy({ logits: multiply({ a: cosines, b: input('scale', []) }), labels: input('labels', [4]) });
    const values = { x: drawn([4, 6], 2), scale: value([], 3), labels: value([4], 1, 0, 3, 2) };
    const { worst } = await gradients(loss, { x }, values);
    expect(worst.x).toBeLessThan(SLOPE);
  });

  test('attention of two heads', async () => {
    const [q, k, v] = ['q', 'k', 'v'].map((name) => input(name, [2, 3, 4]));
    const heads = (x: Tensor | undefined) => transpose({ x: reshape(x as Tensor, [2, 3, 2, 2]) }, { permutation: [0, 2, 1, 3] });
    const scores = softmax({ x: matmul({ a: heads(q), b: heads(k) }, { transposeB: true }) });
    const mixed = reshape(transpose({ x: matmul({ a: scores, b: heads(v) }) }, { permutation: [0, 2, 1, 3] }), [2, 3, 4]);
    const loss = mean({ x: multiply({ a: mixed, b: mixed }) });
    const values = { q: drawn([2, 3, 4], 3), k: drawn([2, 3, 4], 4), v: drawn([2, 3, 4], 5) };
    const { worst } = await gradients(loss, { q: q as Tensor, k: k as Tensor, v: v as Tensor }, values);
    for (const name of ['q', 'k', 'v']) expect(worst[name], name).toBeLessThan(SLOPE);
  });

  test('a smooth maximum of absolute values, with parts of tensors on all sides', async () => {
    const x = input('x', [3, 6]);
    const [left, right] = [slice(x, 0, 2), slice(x, 2, 4)];
    const joined = concat({ a: exp({ x: left }), b: transpose({ x: transpose({ x: right }) }) });
    const loss = log({ x: sum({ x: exp({ x: maximum({ a: abs({ x: joined }), b: slice(x, 5, 1) }) }) }) });
    const { worst } = await gradients(loss, { x }, { x: drawn([3, 6], 6) });
    expect(worst.x).toBeLessThan(SLOPE);
  });

  test('an upsampled image beside a mask that is broadcast', async () => {
    const x = input('x', [2, 2, 3, 2]);
    const mask = input('mask', [4, 6, 1]);
    const loss = mean({ x: multiply({ a: multiply({ a: upsample2d({ x }, { factor: 2 }), b: mask }), b: mask }) });
    const { worst } = await gradients(loss, { x, mask }, { x: drawn([2, 2, 3, 2], 7), mask: drawn([4, 6, 1], 8) });
    expect(Math.max(worst.x ?? 1, worst.mask ?? 1)).toBeLessThan(SLOPE);
  });
});

describe('training through them', () => {
  test('a penalty on the weights of a layer pulls them to 0, and a bias that is broadcast is learned', async () => {
    const w = parameter('w', [3, 2], heNormal());
    const b = parameter('b', [2], constant(5));
    const y = add({ a: matmul({ a: input('x', [4, 3]), b: w }), b });
    const penalty = add({ a: sum({ x: multiply({ a: w, b: w }) }), b: sum({ x: abs({ x: y }) }) });
    await using program = await compile(gpu, {
      outputs: { penalty },
      update: { loss: penalty, optimizer: sgd({ learningRate: 0.03 }) },
    });
    const x = drawn([4, 3], 9);
    const losses: number[] = [];
    for (let step = 0; step < 60; step++) losses.push((await program.run({ x })).penalty?.data[0] ?? Number.NaN);
    expect(losses.at(-1)).toBeLessThan((losses[0] ?? 0) / 5);
  });

  test('an embedding is learned by the rows that are gathered alone', async () => {
    const table = parameter('table', [5, 2], zeros());
    const error = subtract({ a: gather({ x: table, indices: input('indices', [3]) }), b: input('target', [3, 2]) });
    const loss = mean({ x: multiply({ a: error, b: error }) });
    await using program = await compile(gpu, { outputs: { loss }, update: { loss, optimizer: adam({ learningRate: 0.05 }) } });
    const values = { indices: value([3], 4, 1, 4), target: value([3, 2], 1, 2, -1, 3, 1, 2) };
    for (let step = 0; step < 200; step++) await program.run(values);
    const { data } = await program.parameter('table');
    [0, 0, -1, 3, 0, 0, 0, 0, 1, 2].forEach((wanted, i) => {
      expect(Math.abs((data[i] ?? Number.NaN) - wanted), `element ${i}`).toBeLessThan(0.05);
    });
    await expect(program.run({ ...values, indices: value([3], 5, 0, 0) })).rejects.toThrow(
      /input 'indices': index 0 is 5; it must be a row number from 0 to 4/,
    );
  });
});

describe('the parameters of a program', () => {
  const network = () => {
    const x = input('x', [2, 3]);
    const w = parameter('w', [3, 5], heNormal());
    return dense({ x, weights: w, bias: parameter('b', [5], zeros(), { trainable: false }) });
  };

  test('are read, written to a safetensors file and set in another', async () => {
    await using one = await compile(gpu, { outputs: { y: network() } });
    await using other = await compile(gpu, { outputs: { y: network() } });
    one.setWeights(
      new Map([
        ['b', drawn([5], 10)],
        ['w', drawn([3, 5], 11)],
      ]),
    );
    const bytes = encodeSafetensors(await one.weights(), new Map([['made by', 'a test']]));
    const { tensors, metadata } = decodeSafetensors(bytes);
    expect([metadata.get('made by'), [...tensors.keys()].sort()]).toEqual(['a test', ['b', 'w']]);
    expect(other.setWeights(tensors)).toEqual({ set: [...tensors.keys()], missing: [], ignored: [] });
    const x = drawn([2, 3], 12);
    expect([...((await other.run({ x })).y?.data ?? [])]).toEqual([...((await one.run({ x })).y?.data ?? [])]);
    expect((await other.weights()).get('b')).toEqual(drawn([5], 10));
  });

  test('are set in part where that is asked for, and refused otherwise', async () => {
    await using program = await compile(gpu, { outputs: { y: network() } });
    const before = await program.weights();
    const some = new Map([
      ['b', drawn([5], 13)],
      ['v', drawn([1], 14)],
    ]);
    expect(() => program.setWeights(some)).toThrow(ShapeError);
    expect(() => program.setWeights(some)).toThrow(/'w' is missing, there is no 'v'.*partial/);
    expect(program.setWeights(some, { partial: true })).toEqual({ set: ['b'], missing: ['w'], ignored: ['v'] });
    const after = await program.weights();
    expect(after.get('w')).toEqual(before.get('w'));
    expect(after.get('b')).toEqual(drawn([5], 13));
    const unfit = new Map([
      ['b', drawn([5], 15)],
      ['w', drawn([5, 3], 16)],
    ]);
    expect(() => program.setWeights(unfit)).toThrow(/'w' must be \[3, 5\], got \[5, 3\]/);
    expect(await program.weights()).toEqual(after);
    expect(program.setWeights(unfit, { partial: true })).toEqual({ set: ['b'], missing: ['w'], ignored: ['w'] });
    expect((await program.weights()).get('w')).toEqual(after.get('w'));
    for (const none of [new Map(), new Map([['v', drawn([1], 14)]]), new Map([['w', drawn([5, 3], 16)]])])
      expect(() => program.setWeights(none, { partial: true })).toThrow(/the program has none of these names and shapes; it has/);
    expect(() => program.setWeights(some, { part: true } as never)).toThrow(OptionError);
  });
});

describe('what does not fit is refused', () => {
  const x = input('x', [2, 3]);
  test.each([
    [
      'shapes that do not broadcast',
      () => add({ a: x, b: input('b', [2]) }),
      /add: 'a' has shape \[2, 3\] and 'b' has shape \[2\]/,
    ],
    ['matrices that do not fit', () => matmul({ a: x, b: x }), /matmul: 'a' \[2, 3\] has 3 columns, but 'b' \[2, 3\] 2 rows/],
    ['vectors as matrices', () => matmul({ a: x, b: input('b', [3]) }), /'b' must have two axes at least/],
    ['an axis that is not there', () => sum({ x }, { axes: [2] }), /has no axis 2/],
    ['an axis named twice', () => sum({ x }, { axes: [1, -1] }), /name one axis twice/],
    ['axes that are no list', () => sum({ x }, { axes: 1 as never }), /axes must be a list/],
    ['half a permutation', () => transpose({ x }, { permutation: [0, 0] }), /must hold each axis/],
    ['a factor of half', () => upsample2d({ x: input('i', [1, 2, 2, 1]) }, { factor: 0.5 }), /factor must be a positive integer/],
    ['rows of a scalar', () => gather({ x: input('s', []), indices: x }), /must be \[ROWS, \.\.\.\]/],
  ] as const)('%s', (_what, build, told) => {
    expect(build).toThrow(told);
  });
});
