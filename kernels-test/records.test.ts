import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import {
  bestTraining,
  dense,
  digits,
  encodeCompressed,
  flatten,
  load,
  type Model,
  model,
  openStudy,
  readStudySettings,
  save,
} from 'paredown/node';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { keptFiles } from '../examples/records/compressed.ts';
import { fieldAt, fieldRows } from '../examples/records/field.ts';
import { keptRows } from '../examples/records/kept.ts';
import { recordsPicture } from '../examples/records/picture.ts';
import { fileRow, networkRow, tableOf } from '../examples/records/print.ts';
import { ownPages } from '../examples/results/searches.ts';
import { showBest } from '../src/cli/search/best.ts';
import { weightsFrom } from './support/weights.ts';

let scratch = '';
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'paredown-records-'));
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

const SEEDS = [0, 1, 2, 3, 4];
const NETWORK = model([28, 28, 1], [flatten(), dense(10)]);
const INPUT = { shape: [28, 28, 1], scale: 1 / 255, offset: 0 } as const;

/** A network that calls every image `digit`. */
function always(digit: number) {
  const weights = weightsFrom(NETWORK, 1);
  return new Map(
    [...weights].map(([name, { shape, data }]) => {
      const isBias = shape.length === 1;
      return [name, { shape, data: Float32Array.from(data, (_, index) => (isBias && index === digit ? 1 : 0)) }];
    }),
  );
}

const about = (seed: number, changed: object = {}) => ({
  study: 'digits-10',
  data: { data: 'digits' },
  floor: 0.05,
  trial: 'a trial',
  seed,
  training: { words: 'adam at 0.01' },
  ...changed,
});

/** A folder of one row of networks of which that of seed N calls everything N. */
async function folderOf(name: string, seeds: readonly number[] = SEEDS): Promise<string> {
  const dir = join(scratch, name);
  await mkdir(dir, { recursive: true });
  for (const seed of seeds)
    await save(join(dir, `tiny-seed${seed}.safetensors`), NETWORK, always(seed), { input: INPUT, about: about(seed) });
  return dir;
}

const run = promisify(execFile);
const records = (...args: string[]) =>
  run(process.execPath, ['--import', 'tsx', 'examples/records.ts', ...args]).then(
    ({ stdout }) => ({ code: 0, stdout, stderr: '' }),
    (error: { code: number; stdout: string; stderr: string }) => error,
  );

describe('the command', () => {
  test('evaluates each seed on the test set, prints the row beside the field, and writes page and picture', {
    timeout: 120_000,
  }, async () => {
    const dir = await folderOf('whole');
    const { code, stdout, stderr } = await records('--dir', dir);
    expect([code, stderr]).toEqual([0, '']);
    const { test: images } = digits();
    const shares = SEEDS.map((seed) => images.y.filter((label) => label === seed).length / images.y.length);
    const mean = shares.reduce((sum, share) => sum + share, 0) / shares.length;
    expect(stdout).toContain(`| tiny | 5.00% | **7,850** | ${(100 * mean).toFixed(2)}%`);
    expect(stdout).toContain('(5 seeds)');
    expect(stdout).toContain('| 697 | 99.03%, verified |');
    const page = await readFile(join(dir, 'results.md'), 'utf8');
    expect(page).toContain('![Test accuracy against parameters, ours and the field');
    expect(page).toContain('**tiny**: trial a trial of the study digits-10; adam at 0.01; seeds 0, 1, 2, 3, 4');
    expect(await readFile(join(dir, 'front.svg'), 'utf8')).toMatch(/^<svg/);
  });

  test('says what to do where there is no record', async () => {
    for (const dir of [join(scratch, 'nowhere'), await folderOf('empty', [])]) {
      const { code, stderr } = await records('--dir', dir);
      expect(code).toBe(2);
      expect(stderr).toContain(`holds no record`);
      expect(stderr).toContain(`paredown search best FOLDER --save-seeds ${join(dir, 'NAME')}`);
    }
  });
});

describe('of a folder of records', () => {
  const change = async (name: string, seed: number, changed: object, network: Model = NETWORK) => {
    const dir = await folderOf(name);
    const weights = network === NETWORK ? always(seed) : weightsFrom(network, 1);
    await save(join(dir, `tiny-seed${seed}.safetensors`), network, weights, { input: INPUT, about: about(seed, changed) });
    return keptRows(dir);
  };

  test('the rows are read by rising floor, with their seeds in order', async () => {
    const dir = await folderOf('two');
    for (const seed of [7, 8, 9, 10, 11])
      await save(join(dir, `least-seed${seed}.safetensors`), NETWORK, always(1), {
        input: INPUT,
        about: about(seed, { floor: 0.01 }),
      });
    const rows = await keptRows(dir);
    expect(rows.map(({ name, seeds }) => [name, seeds.map(({ seed }) => seed)])).toEqual([
      ['least', [7, 8, 9, 10, 11]],
      ['tiny', SEEDS],
    ]);
    expect(rows.map(({ parameters }) => parameters)).toEqual([7850, 7850]);
  });

  test('fewer than five seeds are refused', async () => {
    const dir = await folderOf('few', [0, 1, 3, 4]);
    await expect(keptRows(dir)).rejects.toThrow(
      /tiny: 4 of at least 5 seeds \(0, 1, 3, 4\); write all by: .* --save-seeds .*tiny/,
    );
  });

  test('networks that differ are refused, and what was not found by the same trial', async () => {
    const other = model([28, 28, 1], [flatten(), dense(3), dense(10)]);
    await expect(change('network', 2, {}, other)).rejects.toThrow(/seed2.safetensors and .*seed0.* differ in their network/);
    await expect(change('trial', 3, { trial: 'another' })).rejects.toThrow('differ in their trial');
    await expect(change('floor', 3, { floor: 0.9 })).rejects.toThrow('differ in their floor');
    await expect(change('data', 3, { data: { data: 'mnist' } })).rejects.toThrow('differ in their data');
  });

  test('a file that is damaged, tells too little, or is named otherwise is refused by its name', async () => {
    const damaged = await folderOf('damaged');
    await writeFile(join(damaged, 'tiny-seed2.safetensors'), 'no tensors');
    await expect(keptRows(damaged)).rejects.toThrow(/tiny-seed2\.safetensors: /);
    await expect(change('without', 1, { training: undefined })).rejects.toThrow(
      /seed1.safetensors does not tell its study and training/,
    );
    await expect(change('seed', 1, { seed: 17 })).rejects.toThrow(/seed1.safetensors is of seed 17; its name says 1/);
    const named = await folderOf('named');
    await rename(join(named, 'tiny-seed2.safetensors'), join(named, 'tiny.safetensors'));
    await expect(keptRows(named)).rejects.toThrow(/tiny.safetensors: a record is named NAME-seedN.safetensors/);
  });
});

test("the field's networks are told with their sources, and the smallest that reaches a floor is found", async () => {
  const field = await fieldRows();
  expect(field.map(({ size }) => size)).toEqual([575, 697, 820, 1936, 3003, 3642, 7070, 15_794]);
  for (const { source } of field) expect(source).toMatch(/^https:\/\/github\.com\//);
  expect(fieldAt(field, 0.984)?.size).toBe(697);
  expect(fieldAt(field, 0.995)?.size).toBe(3642);
  expect(fieldAt(field, 0.999)).toBeUndefined();
});

test('a row of MNIST stands beside the field, and in the picture', async () => {
  const [row] = await keptRows(await folderOf('beside'));
  if (!row) return expect.fail('there is one');
  const seeds = row.seeds.map((seed) => ({ ...seed, about: { ...seed.about, data: { data: 'mnist' }, floor: 0.99 } }));
  const figures = [0.9911, 0.9912, 0.9913, 0.9914, 0.9915];
  const evaluated = {
    ...row,
    name: '99',
    parameters: 650,
    seeds,
    test: figures,
    mean: 0.9913,
    deviation: 0.000158,
    bound: 0.99115,
  };
  const field = await fieldRows();
  expect(tableOf([networkRow(evaluated)], field)).toContain(
    '| 99 | 99.00% | **650** | 99.13% ± 0.02 (5 seeds) | 99.11% | holds | 697 (99.03%, JoshWarn) |',
  );
  const picture = await recordsPicture([networkRow(evaluated)], field);
  expect(picture).toContain('ours, mean over seeds');
  expect(await recordsPicture([], field)).not.toContain('ours, mean over seeds');
});

describe('of compressed files', () => {
  const ABOUT = {
    command: 'npx paredown compress model --save-seeds bytes/tiny',
    data: { data: 'digits' },
    floor: 0.05,
    key: 'a key',
    steps: '3 bits',
    training: { epochs: 3, batch: 64, rate: 0.001 },
  };
  const filesOf = async (name: string, seeds: readonly number[] = SEEDS, about: object | undefined = ABOUT) => {
    const dir = join(scratch, name, 'bytes');
    await mkdir(dir, { recursive: true });
    for (const seed of seeds)
      await writeFile(join(dir, `tiny-seed${seed}.paredown`), encodeCompressed(NETWORK, always(seed), { input: INPUT }));
    if (about) await writeFile(join(dir, 'tiny.json'), JSON.stringify(about));
    return dir;
  };

  test('the command tells their bytes and what they decode to, beside the field', { timeout: 120_000 }, async () => {
    const dir = await filesOf('coded');
    const { code, stdout, stderr } = await records('--dir', join(scratch, 'coded'));
    expect([code, stderr]).toEqual([0, '']);
    const sizes = await Promise.all(SEEDS.map(async (seed) => (await readFile(join(dir, `tiny-seed${seed}.paredown`))).length));
    const bytes = Math.round(sizes.reduce((sum, size) => sum + size, 0) / sizes.length);
    expect(stdout).toMatch(new RegExp(`\\| tiny \\| 5.00% \\| \\*\\*${bytes}\\*\\* \\| 1\\d.\\d\\d% .*5 seeds`));
    expect(stdout).toContain(
      '- **tiny**: 3 bits; each step trained for 3 epochs in batches of 64, Adam at 0.001 along a cosine; trial a key',
    );
    expect(stdout).not.toContain('## Parameters');
    expect(await readFile(join(scratch, 'coded', 'bytes.svg'), 'utf8')).toMatch(/^<svg/);
    expect(await readFile(join(scratch, 'coded', 'results.md'), 'utf8')).toContain('| 1,525 | 99.16% |');
  });

  test('what is not whole is refused by its name, with what to do', async () => {
    await expect(keptFiles(await filesOf('five', [0, 1, 2, 3]))).rejects.toThrow(
      /tiny: 4 of at least 5 seeds \(0, 1, 2, 3\); write all by: paredown compress MODEL --save-seeds .*tiny/,
    );
    const told = await filesOf('untold', SEEDS, { ...ABOUT, floor: 2 });
    await expect(keptFiles(told)).rejects.toThrow(/tiny.json does not tell how its files were made/);
    await rm(join(told, 'tiny.json'));
    await expect(keptFiles(told)).rejects.toThrow(/tiny.json does not tell how its files were made/);
    await writeFile(join(told, 'tiny.json'), '{');
    await expect(keptFiles(told)).rejects.toThrow(/tiny.json is no JSON/);
    const damaged = await filesOf('spoiled');
    await writeFile(join(damaged, 'tiny-seed3.paredown'), 'no network');
    await expect(keptFiles(damaged)).rejects.toThrow(/tiny-seed3.paredown: /);
    const other = model([28, 28, 1], [flatten(), dense(3), dense(10)]);
    await writeFile(join(damaged, 'tiny-seed3.paredown'), encodeCompressed(other, weightsFrom(other, 1)));
    await expect(keptFiles(damaged)).rejects.toThrow(/seed3.paredown and .*seed0.* differ in their network/);
    await rename(join(damaged, 'tiny-seed3.paredown'), join(damaged, 'tiny.paredown'));
    await expect(keptFiles(damaged)).rejects.toThrow(/tiny.paredown: such a record is named NAME-seedN.paredown/);
    expect(await keptFiles(join(scratch, 'nowhere'))).toEqual([]);
  });

  test('a row of MNIST stands beside the field', async () => {
    const [row] = await keptFiles(await filesOf('aside', SEEDS, { ...ABOUT, data: { data: 'mnist' }, floor: 0.99 }));
    if (!row) return expect.fail('there is one');
    const evaluated = { ...row, bytes: 1400.4, test: [0.991, 0.992, 0.993], mean: 0.992, deviation: 0.001, bound: 0.9903 };
    const field = await fieldRows('bytes');
    expect(tableOf([fileRow(evaluated)], field, 'bytes')).toContain(
      '| tiny | 99.00% | **1,400** | 99.20% ± 0.10 (3 seeds) | 99.03% | the mean does | 1,520 (99.04%, MIRACLE, 1.52 kB) |',
    );
    expect(await recordsPicture([fileRow(evaluated)], field, 'bytes')).toContain('ours, mean over seeds');
  });
});

test('the first page of the results leads to what the command wrote', async () => {
  const dir = join(scratch, 'results');
  await mkdir(join(dir, 'records'), { recursive: true });
  await writeFile(join(dir, 'records', 'results.md'), '# Records\n\n![x](front.svg)\n');
  expect(await ownPages(dir)).toEqual([{ name: 'records', title: 'Records' }]);
});

describe('search best --save-seeds', () => {
  const STUDY = 'docs/results/search-mnist-95';

  test('writes the weights of each seed of the best network, with where it comes from, as a record is read', async () => {
    const folder = join(scratch, 'study');
    await cp(STUDY, folder, { recursive: true });
    const settings = (await readStudySettings(folder)) ?? expect.fail('there is a study');
    const study = await openStudy(folder, settings.context);
    const best = bestTraining(settings.problem, study.records)?.record ?? expect.fail('there is a best');
    const weights = best.seeds.map((seed) => weightsFrom(best.model, seed));
    await study.addWeights(best, weights, INPUT);
    const print = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    const dir = join(scratch, 'saved');
    try {
      expect(await showBest([folder, '--save-seeds', join(dir, '95')])).toBe(0);
    } finally {
      print.mockRestore();
    }
    expect((await readdir(dir)).sort()).toEqual(best.seeds.map((seed) => `95-seed${seed}.safetensors`).sort());
    const [row] = await keptRows(dir);
    expect(row?.parameters).toBe(best.costs.parameters);
    expect(row?.seeds.map(({ seed, about: { study: from, floor, trial } }) => [seed, from, floor, trial])).toEqual(
      best.seeds.map((seed) => [seed, 'study', settings.problem.floor, best.key]),
    );
    for (const [index, kept] of (row?.seeds ?? []).entries()) expect(kept.weights).toEqual(weights[index]);
    expect(row?.seeds[0]?.about.training.words).toMatch(/adam.* at [\d.]+, falling along a cosine; batches of \d+/);
  });

  test('writes nothing where the weights of one seed are missing', async () => {
    const print = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    try {
      await expect(showBest([STUDY, '--save-seeds', join(scratch, 'none', '95')])).rejects.toThrow('are missing or damaged');
    } finally {
      print.mockRestore();
    }
    expect(await readdir(scratch)).not.toContain('none');
  });
});

test('a model file keeps what else is told of it, and refuses what is no object', async () => {
  const file = join(scratch, 'about.safetensors');
  await save(file, NETWORK, always(1), { about: { from: 'here', deep: [1, { two: 2 }] } });
  expect((await load(file)).kind === 'model' && (await load(file))).toMatchObject({
    about: { from: 'here', deep: [1, { two: 2 }] },
  });
  await save(file, NETWORK, always(1));
  expect(await load(file)).not.toHaveProperty('about');
  // @ts-expect-error: a text is no object
  await expect(save(file, NETWORK, always(1), { about: 'text' })).rejects.toThrow('encodeModel: about must be an object');
});
