import { afterAll, beforeAll, expect, test } from 'vitest';
import { fromHalf, toHalf } from '../src/core/half.ts';
import { type BufferRange, COPY_DST, COPY_SRC, STORAGE } from '../src/gpu/buffers.ts';
import { createCommands, encode } from '../src/gpu/commands.ts';
import type { Kernel } from '../src/gpu/kernel.ts';
import { readRanges } from '../src/gpu/readback.ts';
import { Workspace } from '../src/gpu/workspace.ts';
import { type BatchNormProblem, batchNormSplits } from '../src/kernels/batch-norm/problem.ts';
import { batchNormFamily } from '../src/kernels/batch-norm.ts';
import {
  batchNormGradientChannelsFamily,
  batchNormGradientFamily,
  batchNormSumsFamily,
} from '../src/kernels/batch-norm-gradient.ts';
import {
  batchNormChannelsFamily,
  batchNormMomentsFamily,
  batchNormStatisticsFamily,
} from '../src/kernels/batch-norm-statistics.ts';
import { type Epilogue, NO_EPILOGUE } from '../src/kernels/epilogue.ts';
import type { ElementType, View } from '../src/kernels/view.ts';
import type { Gpu } from '../src/node.ts';
import { openTestGpu } from './support/gpu.ts';
import { UNIT } from './support/rounding.ts';

// What cases by operation do not reach: views with gaps and offsets, replicas, a short last batch, epilogues, f16. Each variant must
// make what `direct` makes, which other tests hold against the float64 reference, and leave gaps alone.

const REPLICAS = 2;
const BATCH = 3;
/** Of BATCH samples, those that are real. */
const REAL = 2;
const leaky: Epilogue['activation'] = { kind: 'leakyRelu', options: { slope: 0.25 } };

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu?.destroy());

/** Rows of `channels`, as they lie in rows of `width` from `offset` on. */
function view(rows: number, channels: number, width: number, offset: number, type: ElementType): View {
  return { rows, channels, rowStride: width, offset, replicaStride: rows * width, type };
}

/** Whole numbers of eighths in [-2, 2): exact in f16 too. */
function values(length: number, salt: number): Float32Array<ArrayBuffer> {
  return Float32Array.from({ length }, (_, i) => ((((i + 1) * (salt * 7919 + 104_729)) >>> 4) % 32) / 8 - 2);
}

function memory(length: number, type: ElementType, salt: number): Float32Array<ArrayBuffer> | Uint16Array<ArrayBuffer> {
  const data = values(length, salt);
  return type === 'f16' ? (toHalf(data) as Uint16Array<ArrayBuffer>) : data;
}

type Contents = Float32Array<ArrayBuffer> | Uint16Array<ArrayBuffer> | Uint32Array<ArrayBuffer>;

/** What a kernel leaves in each of its outputs, which hold NaN, or what is `kept`, before; `given` has the length of an output in its place. */
async function written(
  kernel: Kernel,
  given: readonly (Contents | number | { readonly kept: Float32Array<ArrayBuffer> })[],
  type: ElementType,
): Promise<Float32Array[]> {
  const empty = (length: number) => {
    const values = new Float32Array(length).fill(Number.NaN);
    return type === 'f16' ? (toHalf(values) as Uint16Array<ArrayBuffer>) : values;
  };
  const workspace = new Workspace(gpu, 'test');
  const contents = given.map((data) => (typeof data === 'number' ? empty(data) : 'kept' in data ? data.kept : data));
  const ranges = contents.map((data, i) => {
    const buffer = workspace.createBuffer(`binding ${i}`, data.byteLength, STORAGE | COPY_DST | COPY_SRC);
    const padded = new Uint8Array(Math.ceil(data.byteLength / 4) * 4);
    padded.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    workspace.write(buffer, 0, padded);
    return { buffer, offset: 0, size: padded.byteLength };
  });
  const commands = await createCommands(workspace, [{ kernel, ranges }]);
  workspace.submit((encoder) => encode(encoder, commands));
  const outputs = given.flatMap((data, i) => {
    const range = ranges[i] as BufferRange;
    if (typeof data === 'number') return [{ length: data, range, type }];
    return 'kept' in data ? [{ length: data.kept.length, range, type: 'f32' as const }] : [];
  });
  const read = await readRanges(
    workspace,
    outputs.map(({ range }) => range),
  );
  workspace.destroy();
  return outputs.map(({ length, type: own }, i) => {
    const bytes = read[i] ?? new ArrayBuffer(0);
    return own === 'f16' ? fromHalf(new Uint16Array(bytes, 0, length)) : new Float32Array(bytes, 0, length);
  });
}

function stateWords(): Uint32Array<ArrayBuffer> {
  const words = new Uint32Array(8 + 8 * REPLICAS);
  words.set([0, REAL, BATCH, 1, 0]);
  for (let replica = 0; replica < REPLICAS; replica++) words[8 + 8 * replica] = 11 + replica;
  return words;
}

interface Layout {
  readonly leading: number;
  readonly channels: number;
  /** Elements of a row of the tensor that holds the view [channels], and where in it the view begins [0]. */
  readonly width?: number;
  readonly offset?: number;
}

const essential: readonly Layout[] = [
  { leading: 7, channels: 5 },
  { leading: 20, channels: 6 },
  { leading: 10, channels: 5, width: 9, offset: 3 },
];
/** Beside these, in f32 with the batch's statistics. */
const further: readonly Layout[] = [
  { leading: 28, channels: 1 },
  { leading: 4, channels: 67 },
  { leading: 200, channels: 33 },
  { leading: 800, channels: 3 },
  { leading: 12, channels: 8, width: 20, offset: 8 },
  { leading: 12, channels: 8, width: 20, offset: 6 },
];

const types: readonly ElementType[] = ['f32', 'f16'];
const kinds = {
  'of the batch': { inference: false, joined: false },
  'of the batch, by part': { inference: false, joined: true },
  given: { inference: true, joined: false },
};

for (const type of types)
  for (const [statistics, { inference, joined }] of Object.entries(kinds))
    test(`batch normalisation, ${type}, statistics ${statistics}`, { timeout: 300_000 }, async ({ skip }) => {
      skip(type === 'f16' && !gpu.features.has('shader-f16'), 'this adapter offers no shader-f16');
      const reached = new Set<string>();
      for (const layout of type === 'f32' && !inference ? [...essential, ...further] : essential) {
        const { leading, channels, width = channels, offset = 0 } = layout;
        const rows = BATCH * leading;
        const whole = view(rows, channels, width, offset, type);
        const parameters = Math.ceil(channels / 4) * 4;
        const problem: BatchNormProblem = {
          replicas: REPLICAS,
          batch: BATCH,
          x: whole,
          epsilon: 1e-3,
          epilogue: NO_EPILOGUE,
          inference,
          joined,
          parameterReplica: parameters,
          gradientReplica: parameters,
          runningReplica: parameters,
        };
        const operand = (salt: number) => memory(REPLICAS * rows * width, type, salt);
        const vector = (salt: number) => values(REPLICAS * parameters, salt);
        const positive = (salt: number) => vector(salt).map((value) => Math.abs(value) + 0.125);
        const { splits } = batchNormSplits(rows);
        const partials = REPLICAS * splits * channels * 2;
        // Of parts: means, and squared deviations, which are positive.
        const ofParts = (salt: number) =>
          values(partials, salt).map((value, i) => (i % 2 === 0 ? value : Math.abs(value) * rows));
        const ofBatch = (salt: number) => (joined ? ofParts(salt) : values(REPLICAS * channels * 2, salt));
        const moments = inference ? vector(5) : ofBatch(5);
        const state = stateWords();
        const none = new Float32Array(4);
        const length = REPLICAS * rows * width;

        const forward = {
          ...problem,
          y: whole,
          ...(joined && { momentum: 0.75 }),
          epilogue: { activation: leaky, gradient: false, ...(inference && { dropout: { rate: 0.25, layer: 3 } }) },
        };
        const given = joined
          ? [operand(1), vector(2), vector(3), moments, { kept: vector(9) }, state, length, { kept: positive(10) }]
          : [operand(1), vector(2), vector(3), moments, inference ? positive(6) : none, state, length];
        const backward = {
          ...problem,
          y: whole,
          dy: whole,
          saved: whole,
          epilogue: { activation: leaky, gradient: true },
        };
        const second = inference ? positive(7) : ofBatch(7);
        const gradientOperands = [operand(1), operand(4), vector(2), moments, second, operand(8), state, length];
        const parts = REPLICAS * splits * parameters;
        const sumsGiven = [operand(1), operand(4), moments, inference ? positive(6) : none, state, partials, parts, parts];
        const runs = [
          { family: batchNormFamily, problem: forward, given, result: type },
          { family: batchNormGradientFamily, problem: backward, given: gradientOperands, result: type },
          {
            family: batchNormStatisticsFamily,
            problem: { ...problem, dy: whole },
            given: sumsGiven,
            result: 'f32',
          },
          ...(inference ? [] : [{ family: batchNormStatisticsFamily, problem, given: sumsGiven, result: 'f32' } as const]),
        ] as const;
        for (const run of runs) {
          const usable = run.family.variants.filter(({ supports }) => supports(run.problem, gpu.capabilities));
          const [direct] = usable;
          if (!direct) throw new Error(`${run.family.name} has no variant`);
          const all = async (kernel: Kernel) => (await written(kernel, run.given, run.result)).flatMap((output) => [...output]);
          const expected = await all(direct.build(run.problem, gpu.capabilities));
          for (const variant of usable.slice(1)) {
            reached.add(`${run.family.name}/${variant.name}`);
            const kernel = variant.build(run.problem, gpu.capabilities);
            const got = await all(kernel);
            const label = `${kernel.name} ${rows}x${channels} of ${width} from ${offset}`;
            expect(got.map(Number.isNaN as never), `${label}: what is not written`).toEqual(expected.map(Number.isNaN as never));
            // Elements: a dozen roundings of what is below 64 before the last, f16's own step at most; sums: of `rows` products below 16.
            const sum = run.family === batchNormStatisticsFamily;
            const wrong = got.findIndex((value, i) => {
              const other = expected[i] ?? 0;
              const error = sum
                ? rows * rows * 16 * UNIT
                : 12 * 64 * UNIT + (type === 'f16' ? 2 ** -10 * Math.abs(other) + 2 ** -24 : 0);
              return Math.abs(value - other) > error;
            });
            expect(wrong, `${label}: first wrong element, ${got[wrong]} for ${expected[wrong]}`).toBe(-1);
          }
        }
      }
      const names = [batchNormFamily, batchNormGradientFamily, batchNormStatisticsFamily].flatMap(({ name, variants }) =>
        variants.slice(1).map((variant) => `${name}/${variant.name}`),
      );
      expect([...reached].sort()).toEqual(names.sort());
    });

const FEW = [...essential, { leading: 4, channels: 67 }, { leading: 12, channels: 8, width: 20, offset: 6 }];

for (const type of types)
  test(`all passes at once make what they make one after the other, ${type}`, { timeout: 300_000 }, async ({ skip }) => {
    skip(type === 'f16' && !gpu.features.has('shader-f16'), 'this adapter offers no shader-f16');
    for (const { leading, channels, width = channels, offset = 0 } of FEW) {
      const rows = BATCH * leading;
      const whole = view(rows, channels, width, offset, type);
      const parameters = Math.ceil(channels / 4) * 4;
      const problem: BatchNormProblem = {
        replicas: REPLICAS,
        batch: BATCH,
        x: whole,
        y: whole,
        epsilon: 1e-3,
        momentum: 0.75,
        epilogue: { activation: leaky, gradient: false, dropout: { rate: 0.25, layer: 3 } },
        inference: false,
        joined: true,
        parameterReplica: parameters,
        gradientReplica: parameters,
        runningReplica: parameters,
      };
      const operand = (salt: number) => memory(REPLICAS * rows * width, type, salt);
      const vector = (salt: number) => values(REPLICAS * parameters, salt);
      const none = new Float32Array(4);
      const state = stateWords();
      const length = REPLICAS * rows * width;
      const pairs = REPLICAS * channels * 2;
      const made = (
        family: Pick<typeof batchNormFamily, 'variants'>,
        of: BatchNormProblem,
        given: Parameters<typeof written>[1],
      ) => written((family.variants[0] as (typeof family.variants)[0]).build(of, gpu.capabilities), given, type);
      const [floats, sums] = [{ kept: new Float32Array(pairs) }, { kept: new Float32Array(REPLICAS * parameters) }];

      const running = [{ kept: vector(9) }, { kept: vector(10).map(Math.abs) }] as const;
      const [moments] = await made(batchNormStatisticsFamily, problem, [operand(1), none, none, none, state, floats, sums, sums]);
      const [mean, y, variance] = await made(batchNormFamily, problem, [
        ...[operand(1), vector(2), vector(3), moments as Contents, running[0], state, length, running[1]],
      ]);
      const atOnce = await made(batchNormChannelsFamily, problem, [
        ...[operand(1), vector(2), vector(3), state, length, floats, ...running],
      ]);
      const label = `${rows}x${channels} of ${width} from ${offset}`;
      [y, moments, mean, variance].forEach((wanted, i) => {
        expectNear(`${label}: output ${i}`, atOnce[i], wanted, type);
      });

      const backward = { ...problem, dy: whole, epilogue: NO_EPILOGUE };
      const given = [operand(1), operand(4), moments as Contents, none, state, floats, sums, sums];
      const [partial, scale, shift] = await made(batchNormStatisticsFamily, backward, given);
      const operands = [operand(1), operand(4), vector(2), moments as Contents, partial as Contents, operand(8), state, length];
      const [dx] = await made(batchNormGradientFamily, backward, operands);
      const gradients = await made(batchNormGradientChannelsFamily, backward, [
        ...[operand(1), operand(4), vector(2), moments as Contents, state, length, sums, sums],
      ]);
      [dx, scale, shift].forEach((wanted, i) => {
        expectNear(`${label}: gradient ${i}`, gradients[i], wanted, type);
      });
    }
  });

/** The same values up to a dozen roundings of what is below 64, or f16's own step; the same that is not written. */
function expectNear(label: string, got: Float32Array | undefined, wanted: Float32Array | undefined, type: ElementType): void {
  expect(got?.length, label).toBe(wanted?.length);
  const wrong = [...(got ?? [])].findIndex((value, i) => {
    const other = wanted?.[i] ?? 0;
    if (Number.isNaN(other)) return !Number.isNaN(value);
    return !(
      Math.abs(value - other) <=
      12 * 64 * UNIT + (type === 'f16' ? 2 ** -10 * Math.abs(other) + 2 ** -24 : 2e-6 * Math.abs(other))
    );
  });
  expect(wrong, `${label}: first wrong element, ${got?.[wrong]} for ${wanted?.[wrong]}`).toBe(-1);
}

test('parts of statistics are joined in two dimensions as in one', async () => {
  const [channels, rows] = [300, 60];
  const whole = view(rows, channels, channels, 0, 'f32');
  const problem: BatchNormProblem = {
    replicas: REPLICAS,
    batch: BATCH,
    x: whole,
    epsilon: 1e-3,
    momentum: 0.75,
    epilogue: NO_EPILOGUE,
    inference: false,
    joined: false,
    parameterReplica: channels,
    gradientReplica: channels,
    runningReplica: channels,
  };
  const { splits } = batchNormSplits(rows);
  const parts = values(REPLICAS * splits * channels * 2, 3).map((value, i) => (i % 2 === 0 ? value : Math.abs(value) * rows));
  const [pairs, vectors] = [REPLICAS * channels * 2, REPLICAS * channels];
  const running = (salt: number) => ({ kept: values(vectors, salt).map((value) => Math.abs(value) + 0.125) });
  const runs = [
    { family: batchNormMomentsFamily, given: [parts, stateWords(), pairs, running(9), running(10)] },
    { family: batchNormSumsFamily, given: [parts, vectors, vectors, pairs] },
  ];
  for (const { family, given } of runs) {
    const [direct] = family.variants;
    const [one, two] = [65_535, 4].map((maxWorkgroupsPerDimension) =>
      direct?.build(problem, { ...gpu.capabilities, maxWorkgroupsPerDimension }),
    );
    if (!one || !two) throw new Error(`${family.name} has no variant`);
    expect([one.workgroups[1], two.workgroups[1] > 1]).toEqual([1, true]);
    const expected = await written(one, given, 'f32');
    expect(expected.flatMap((output) => [...output]).every(Number.isFinite)).toBe(true);
    expect(await written(two, given, 'f32')).toEqual(expected);
  }
});

test('layers that differ in the number of their dropout alone are one kernel', () => {
  const whole = view(60, 4, 4, 0, 'f32');
  const numbered = (layer: number): BatchNormProblem => ({
    replicas: REPLICAS,
    batch: BATCH,
    x: whole,
    y: whole,
    epsilon: 1e-3,
    epilogue: { activation: leaky, gradient: false, dropout: { rate: 0.25, layer } },
    inference: false,
    joined: true,
    parameterReplica: 4,
    gradientReplica: 4,
    runningReplica: 4,
  });
  for (const variant of [...batchNormFamily.variants, ...batchNormChannelsFamily.variants]) {
    const [one, other] = [3, 4].map((layer) => variant.build(numbered(layer), gpu.capabilities));
    const pairs = one?.numbers?.map((number, index) => [number, other?.numbers?.[index]]) ?? [];
    expect(
      pairs.filter(([own, others]) => own !== others),
      variant.name,
    ).toEqual([[3, 4]]);
    expect(one?.code, variant.name).toBe(other?.code);
  }
});
