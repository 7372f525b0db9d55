import { digits, type Gpu, OptionError, openGpu, published } from 'paredown/node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DataSource } from '../examples/table/data.ts';
import type { Context, Results, Row, Table } from '../examples/table/table.ts';
import { babuDepth } from '../examples/table/tables/babu-depth.ts';
import { babuDoubleDescent } from '../examples/table/tables/babu-double-descent.ts';
import type { MlpResult } from '../examples/table/tables/babu-mlp.ts';
import { peakAt } from '../examples/table/tables/babu-peak.ts';
import { babuRandomFeatures } from '../examples/table/tables/babu-random-features.ts';
import { babuSine } from '../examples/table/tables/babu-sine.ts';

describe('a peak of a curve', () => {
  const spread = (mean: number) => [mean - 0.1, mean, mean + 0.1];

  test('stands above what is before and after it, or beside it', () => {
    const curve = [5, 1, 2, 6, 2, 0].map(spread);
    expect(peakAt(curve, 3)).toEqual({ top: 3, before: 1, after: 5, stands: true });
    expect(peakAt(curve, 2)?.top).toBe(3);
    expect(peakAt(curve, 4)?.top).toBe(3);
    expect(peakAt(curve, 1)?.stands).toBe(false);
  });

  test('is none where the curve only falls, or by no more than chance', () => {
    expect(peakAt([5, 4, 3, 2].map(spread), 2)?.stands).toBe(false);
    // Standard error of a difference of two such means: 0.1 sqrt(2 / 3) = 0.082.
    expect(peakAt([1, 1.16, 1].map(spread), 1)?.stands).toBe(false);
    expect(peakAt([1, 1.17, 1].map(spread), 1)?.stands).toBe(true);
    expect(peakAt([1, 1.17, 1.1].map(spread), 1)?.stands).toBe(false);
    expect(peakAt([[1], [2], [1]], 1)?.stands).toBe(true);
  });

  test('is elsewhere where the curve rises on', () => {
    expect(peakAt([1, 2, 3, 4, 6, 0].map(spread), 1)?.stands).toBe(false);
    expect(peakAt([1, 2, 3, 4, 6, 0].map(spread), 3)).toMatchObject({ top: 4, stands: true });
  });

  test('needs something before and after', () => {
    expect(peakAt([[1], [2]], 1)).toBeUndefined();
    expect(peakAt([], 0)).toBeUndefined();
  });
});

const { train, test: held } = digits({ train: 400, test: 40, seed: 1 });
const data = { splits: async () => ({ train, validation: held, test: held }) } as unknown as DataSource;
const TABLES: readonly Table[] = [babuRandomFeatures, babuDoubleDescent, babuDepth, babuSine];

const named = (rows: readonly Row[], name: string): Row => rows.find((row) => row.name === name) ?? expect.fail(`no row ${name}`);

/** Results of networks whose values are the same for each of three seeds, but for the test's error and loss. */
const fake = (trainError: number, testError: number, testLoss: number, dead = 0): MlpResult => ({
  seeds: [1, 2, 3],
  steps: 10,
  trainError: [trainError, trainError, trainError],
  testError: [testError, testError + 0.001, testError - 0.001],
  theirError: [testError, testError, testError],
  trainLoss: [1, 1, 1],
  testLoss: [testLoss, testLoss + 0.001, testLoss - 0.001],
  dead: [0, 1, 2].map((seed) => seed < dead),
  wallMs: 5,
});

describe('the rows of the tables', () => {
  test.each(TABLES.map((table) => [table.name, table] as const))('%s: unique names, a cell for each column', async (_, table) => {
    const rows = await table.rows({ scale: 0.5, seeds: 2 }, data);
    expect(new Set(rows.map(({ name }) => name)).size).toBe(rows.length);
    for (const row of rows) {
      expect(row.cells(undefined)).toHaveLength(table.columns.length);
      expect(row.cost).toBeGreaterThan(0);
      expect(row.scale).toBeCloseTo(0.5, 2);
    }
  });

  test('the grid has 10 depths, 20 widths and 20 seeds, plain and residual', async () => {
    const rows = await babuDepth.rows({ scale: 1 }, data);
    expect(rows).toHaveLength(400);
    expect(named(rows, 'plain-03x02').recipe).toMatchObject({ seeds: Array.from({ length: 20 }, (_, index) => index + 1) });
    const keys = new Set(rows.map(({ recipe }) => JSON.stringify(recipe)));
    // One hidden layer has no shortcut: 20 trainings serve both.
    expect(keys.size).toBe(380);
  });

  test('the printed figures stand in the row of their cell', async () => {
    const grid = await babuDepth.rows({ scale: 1 }, data);
    expect(named(grid, 'plain-08x19').cells(undefined)).toEqual(expect.arrayContaining(['8', '19', '20.00%', '0.000533']));
    expect(named(grid, 'residual-08x19').cells(undefined)).not.toContain('20.00%');
    const curve = await babuDoubleDescent.rows({ scale: 1 }, data);
    expect(named(curve, 'd4-w8').cells(undefined)).toEqual(expect.arrayContaining(['60.00%', '16.9']));
    expect(named(curve, 'd2-w8').cells(undefined)).not.toContain('60.00%');
    expect(published.filter(({ matrix }) => matrix)).toHaveLength(2);
  });

  test('--steps, --epochs, --scale and --seeds change the recipe, and --scale the number of images where nothing is trained', async () => {
    const stepsOf = async (settings: object) => {
      const rows = await babuDoubleDescent.rows({ scale: 1, ...settings }, data);
      return (named(rows, 'd4-w8').recipe as { training: { steps: number } }).training.steps;
    };
    expect([await stepsOf({}), await stepsOf({ scale: 0.1 }), await stepsOf({ steps: 7 }), await stepsOf({ epochs: 9 })]).toEqual(
      [2000, 200, 7, 9],
    );
    const features = await babuRandomFeatures.rows({ scale: 0.2, seeds: 2 }, data);
    expect(named(features, '1.00n').recipe).toMatchObject({ images: 60, features: 60, seeds: [1, 2] });
    expect(named(features, '10.00n').recipe).toMatchObject({ images: 60, features: 600 });
    await expect(babuRandomFeatures.rows({ scale: 1, steps: 5 }, data)).rejects.toThrow(OptionError);
    await expect(babuRandomFeatures.rows({ scale: 10 }, data)).rejects.toThrow('3000 training images; there are');
  });
});

describe('claims', () => {
  const curve = async (results: (width: number) => MlpResult): Promise<Results> => {
    const rows = await babuDoubleDescent.rows({ scale: 1, seeds: 3 }, data);
    const block = rows.filter(({ name }) => /^d4-w/.test(name));
    return new Map(block.map(({ name }) => [name, results(Number(/\d+$/.exec(name)?.[0]))]));
  };
  const held = (results: Results) => babuDoubleDescent.claims?.(results).map(({ holds }) => holds);

  test('a peak of error and loss at the threshold is found, and is missed elsewhere', async () => {
    const learned = (width: number) => (width < 12 ? 0.2 : 0);
    const away = (width: number) => Math.abs(width - 12);
    const peaked = await curve((width) => fake(learned(width), 0.5 - 0.01 * away(width), 2 - 0.04 * away(width)));
    expect(babuDoubleDescent.claims?.(peaked)[0]?.found).toBe('from 12 units on');
    expect(held(peaked)).toEqual([true, true, true]);
    const falling = await curve((width) => fake(learned(width), 0.5 - 0.005 * width, 2 - 0.04 * away(width)));
    expect(held(falling)).toEqual([true, true, false]);
    const early = await curve((width) => fake(learned(width), 0.5 - 0.01 * Math.abs(width - 5), 2 - 0.01 * Math.abs(width - 30)));
    expect(held(early)).toEqual([true, false, false]);
    expect(held(await curve(() => fake(0.3, 0.5, 1)))).toEqual([false]);
  });

  test('are left out while rows are missing', async () => {
    const results = new Map(await curve(() => fake(0, 0.5, 1)));
    results.delete('d4-w5');
    expect(held(results)).toEqual([]);
    expect(babuDepth.claims?.(new Map())).toEqual([]);
    expect(babuSine.claims?.(new Map())).toEqual([]);
    expect(babuRandomFeatures.claims?.(new Map())).toEqual([]);
  });

  test('on the grid compare depths, and residual networks with plain ones', async () => {
    const rows = await babuDepth.rows({ scale: 1 }, data);
    /** What is claimed where the residual networks' test errors differ from 40% by so much, one a seed. */
    const claimed = (less: readonly number[]) => {
      const results = rows.map(({ name }) => {
        const deep = Number(/-(\d+)x/.exec(name)?.[1]) > 5;
        const plain = name.startsWith('plain');
        const testError = less.map((one) => (plain ? 0.4 : 0.4 - one));
        return [name, { ...fake(0, 0.4, 1, plain && deep ? 2 : 1), testError }] as const;
      });
      return babuDepth.claims?.(new Map(results)) ?? [];
    };
    const claims = claimed([0.1, 0.09, 0.11]);
    expect(claims.map(({ holds }) => holds)).toEqual([true, true, true]);
    expect(claims[0]?.found).toBe('66.67% of those with 6 to 10, 33.33% of those with 1 to 5');
    expect(claims[2]?.found).toBe('30.00%, 40.00% without; over the seeds 10.00 ± 1.00 points lower');
    // Lower on the mean, but a third seed says otherwise.
    expect(claimed([0.02, 0.02, -0.01])[2]).toMatchObject({ holds: false });
    expect(claimed([0.02])[2]).toMatchObject({ holds: false });
  });
});

describe('a short run', () => {
  let gpu: Gpu;
  beforeAll(async () => {
    gpu = await openGpu({ validation: true });
  });
  afterAll(() => gpu?.destroy());

  /** Runs some rows of a table. */
  async function run(table: Table, names: RegExp, settings: { steps?: number; scale?: number; seeds: number }) {
    const shares: number[] = [];
    const context: Context = {
      gpu,
      data,
      signal: new AbortController().signal,
      keep: (name) => name,
      progress: (share) => shares.push(share),
      reached: async () => undefined,
      note: () => undefined,
    };
    const results = new Map<string, object>();
    for (const row of await table.rows({ scale: 1, ...settings }, data)) {
      if (!names.test(row.name)) continue;
      const result = await (row.run ?? expect.fail('it can not be run'))(context);
      expect(row.cells(result)).toHaveLength(table.columns.length);
      results.set(row.name, JSON.parse(JSON.stringify(result)));
    }
    expect(shares.every((share) => share >= 0 && share <= 1)).toBe(true);
    const figures = await table.figures(results, data, 'SCALED');
    for (const { svg } of figures) expect(svg).toContain('</svg>');
    return { results, files: figures.map(({ file }) => file) };
  }

  test('of random features: no training error from N = n on', async () => {
    const { results, files } = await run(babuRandomFeatures, /^(0\.50|1\.00|2\.00)n$/, { scale: 0.1, seeds: 2 });
    expect(files).toEqual(['loss.svg', 'error.svg', 'norm.svg']);
    const [few, equal, many] = ['0.50n', '1.00n', '2.00n'].map((name) => results.get(name) as Record<string, number[]>);
    expect([few?.rank, equal?.rank, many?.rank]).toEqual([
      [15, 15],
      [30, 30],
      [30, 30],
    ]);
    for (const loss of few?.trainLoss ?? []) expect(loss).toBeGreaterThan(0.01);
    for (const loss of [...(equal?.trainLoss ?? []), ...(many?.trainLoss ?? [])]) expect(loss).toBeLessThan(1e-12);
    for (const [seed, loss] of (equal?.testLoss ?? []).entries()) {
      expect(loss).toBeGreaterThan(few?.testLoss?.[seed] ?? Number.NaN);
      expect(loss).toBeGreaterThan(many?.testLoss?.[seed] ?? Number.NaN);
    }
  });

  test('of the double-descent curve', async () => {
    const { results, files } = await run(babuDoubleDescent, /^d4-noise-w(2|60)$/, { steps: 200, seeds: 3 });
    expect(files).toEqual(['error-d4-noise.svg', 'loss-d4-noise.svg']);
    const [narrow, wide] = ['d4-noise-w2', 'd4-noise-w60'].map((name) => results.get(name) as MlpResult);
    for (const result of [narrow, wide])
      expect(result).toMatchObject({ steps: 200, seeds: [1, 2, 3], dead: [false, false, false] });
    for (const seed of [0, 1, 2]) {
      expect(wide?.trainError[seed]).toBeLessThan(narrow?.trainError[seed] ?? Number.NaN);
      // Shares of 140, 2,000 and 30 points, in float32.
      for (const [share, of] of [
        [wide?.trainError[seed], 140],
        [wide?.testError[seed], 2000],
        [wide?.theirError[seed], 30],
      ] as const)
        expect(Math.abs((share ?? 0.5) * of - Math.round((share ?? 0.5) * of))).toBeLessThan(of * 2 ** -23);
      // Chance is 140 ln 2 = 97.04 for the sum, ln 2 for the mean.
      expect(wide?.trainLoss[seed]).toBeGreaterThan(5);
      expect(wide?.trainLoss[seed]).toBeLessThan(97);
      expect(wide?.testLoss[seed]).toBeGreaterThan(0.2);
      expect(wide?.testLoss[seed]).toBeLessThan(3);
    }
  });

  test('of the grid: narrow deep networks are born dead, residual ones are not', async () => {
    const { results, files } = await run(babuDepth, /-10x01$|plain-01x05$/, { steps: 2, seeds: 6 });
    expect(files).toHaveLength(8);
    const dead = (name: string) => (results.get(name) as MlpResult).dead.filter(Boolean).length;
    // A path of ten single units with random signs is open once in about a thousand times.
    expect(dead('plain-10x01')).toBe(6);
    expect(dead('residual-10x01')).toBeLessThan(6);
    expect(dead('plain-01x05')).toBe(0);
    const { testError } = results.get('plain-10x01') as MlpResult;
    expect(new Set(testError).size).toBeLessThanOrEqual(2);
  });

  test('of the sine', async () => {
    const { results, files } = await run(babuSine, /^w(2|100)$/, { steps: 300, seeds: 2 });
    expect(files).toEqual(['error.svg', 'fits.svg']);
    const wide = results.get('w100') as { trainLoss: number[]; testLoss: number[]; fit: number[] };
    // The variance of the sine is 0.5.
    for (const loss of [...wide.trainLoss, ...wide.testLoss]) expect(loss).toBeLessThan(0.25);
    expect(wide.fit).toHaveLength(201);
    expect(wide.fit[150]).toBeGreaterThan(0.3);
    expect(wide.fit[50]).toBeLessThan(-0.3);
  });
});
