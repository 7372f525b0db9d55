import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { encode } from 'fast-png';
import {
  conv2d,
  decodeModel,
  dense,
  encodeCompressed,
  flatten,
  MemoryChainStudy,
  model,
  openStudy,
  readStudySettings,
  save,
} from 'paredown/node';
import { beforeAll, expect, test } from 'vitest';
import { keptFiles } from '../examples/records/compressed.ts';
import { saveSeeds } from '../src/cli/compress/save-seeds.ts';
import { useCommand } from './support/command.ts';
import { weightsFrom } from './support/weights.ts';

const { folder, start, paredown } = useCommand('compress');
/** Not trained: what it guesses holds a floor that is low enough, and so does all that is made of it. */
const NETWORK = model([28, 28, 1], [conv2d(2, 7, { strides: 7, activation: 'relu' }), flatten(), dense(10)]);
const noise = (...shape: number[]) => ({
  shape,
  data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, at) => Math.sin(at * at) / 4),
});
beforeAll(async () => {
  const weights = new Map([
    ['conv2d_1/filter', noise(7, 7, 1, 2)],
    ['conv2d_1/bias', noise(2)],
    ['dense_1/weights', noise(32, 10)],
    ['dense_1/bias', noise(10)],
  ]);
  const input = { shape: [28, 28, 1], scale: 1 / 255, offset: 0 };
  await save(join(folder(), 'net.safetensors'), NETWORK, weights, { input });
});

const COMPRESS = ['compress', 'net.safetensors', '--data', 'digits', '--epochs', '0.02'];

test('writes the smallest file that holds the floor, and tells what was tried', async () => {
  const { code, stdout, stderr } = await paredown(...COMPRESS, '--floor', '0.01', '--minutes', '0.05');
  expect(stderr).toBe('');
  expect(code).toBe(0);
  expect(stdout).toMatch(/bytes +accuracy +bound +seeds +holds +steps/);
  expect(stdout).toMatch(/Test: this file [\d.]+%/);
  const written = await readFile(join(folder(), 'runs/compress/net/net.paredown'));
  const [, size = ''] = /net\.paredown: ([\d,]+) bytes/.exec(stdout) ?? [];
  expect(written.length).toBe(Number(size.replaceAll(',', '')));
  expect(decodeModel(written).input).toMatchObject({ shape: [28, 28, 1] });
}, 120_000);

test('writes the file of each seed, with how they were made, as a record is read', async () => {
  const study = new MemoryChainStudy();
  const weights = weightsFrom(NETWORK, 1);
  const files = [1, 2, 3, 4, 5].map((seed) =>
    encodeCompressed(NETWORK, weights, { input: { shape: [28, 28, 1], scale: seed, offset: 0 } }),
  );
  const bytes = files.map(({ length }) => length);
  const outcome = { status: 'measured', bytes, accuracy: bytes.map(() => 0.9) } as const;
  const record = { key: 'a key', chain: [], seeds: [1, 2, 3, 4, 5], outcome, wallMs: 1 };
  await study.add(record, files);
  const name = join(folder(), 'kept', 'net');
  const options = { data: 'digits', floor: 0.8, to: 'compressed', seeds: 5, epochs: 3, batch: 64, rate: 0.001 } as const;
  const made = { study, command: 'npx paredown compress', data: { data: 'digits' }, options };
  expect(await saveSeeds(name, { ...made, record })).toEqual([1, 2, 3, 4, 5].map((seed) => `${name}-seed${seed}.paredown`));
  const [row] = await keptFiles(join(folder(), 'kept'));
  expect(row?.seeds.map(({ seed, content }) => [seed, new Uint8Array(content)])).toEqual(files.map((file, at) => [at + 1, file]));
  expect(row?.about).toMatchObject({
    command: 'npx paredown compress',
    floor: 0.8,
    training: { epochs: 3, batch: 64, rate: 0.001 },
  });
  // Of fewer seeds none is left over.
  const fewer = { ...record, seeds: [1, 2] };
  await study.addFiles(fewer, files.slice(0, 2));
  await writeFile(`${name}-other-seed1.paredown`, 'another record');
  await saveSeeds(name, { ...made, record: fewer });
  expect((await readdir(join(folder(), 'kept'))).sort()).toEqual(
    ['net-other-seed1.paredown', 'net-seed1.paredown', 'net-seed2.paredown', 'net.json'].sort(),
  );
  expect(await saveSeeds(join(folder(), 'none'), { ...made, record: { ...record, seeds: [] } })).toEqual([]);
});

test('says where there are no seeds to write files of', async () => {
  const args = ['--floor', '0.01', '--minutes', '0.0001', '--out', 'seeds', '--save-seeds', 'unkept/net'];
  const { code, stdout } = await paredown(...COMPRESS, ...args);
  expect(code).toBe(0);
  expect(stdout).toContain('--save-seeds: there are none');
}, 60_000);

test('of a folder of images learns from the model itself as well', async () => {
  const small = model([8, 8, 1], [flatten(), dense(2)]);
  const weights = new Map([
    ['dense_1/weights', noise(64, 2)],
    ['dense_1/bias', noise(2)],
  ]);
  const input = { shape: [8, 8, 1], scale: 1 / 255, offset: 0, classNames: ['dark', 'light'] };
  await save(join(folder(), 'images.safetensors'), small, weights, { input });
  for (const [index, name] of ['dark', 'light'].entries()) {
    await mkdir(join(folder(), 'images', name), { recursive: true });
    for (let image = 0; image < 24; image++) {
      const data = Uint8Array.from({ length: 64 }, (_, pixel) => 120 * index + ((pixel * 7 + image * 13) % 97));
      await writeFile(join(folder(), 'images', name, `${image}.png`), encode({ width: 8, height: 8, channels: 1, data }));
    }
  }
  const args = ['compress', 'images.safetensors', '--data', 'images', '--floor', '0.01', '--epochs', '1', '--distil', '0.9'];
  const first = start([...args, '--json']);
  const trained = () => first.lines().some(({ type, chain }) => type === 'trial' && Array.isArray(chain) && chain.length > 0);
  await first.until(trained);
  first.child.kill('SIGINT');
  expect((await first.end()).code).toBe(130);
  const { code, stderr } = await paredown(...args, '--minutes', '0.0001');
  expect([code, stderr]).toEqual([0, '']);
  const written = await readFile(join(folder(), 'runs/compress/images/images.paredown'));
  expect(decodeModel(written).input).toMatchObject({ classNames: ['dark', 'light'] });
  const alone = await paredown(...args.slice(0, -2));
  expect(alone.code).toBe(1);
  expect(alone.stderr).toMatch(/name another folder/);
}, 120_000);

test('search best --save writes the very file that a search for bytes counted', async () => {
  const budget = ['--trials', '1', '--epochs', '0.02', '--rates', '0.01'];
  const search = ['search', '--data', 'digits', '--objective', 'bytes', '--floor', '0.02', '--study', 'bytes', ...budget];
  const searched = await paredown(...search);
  expect(searched.code, searched.stderr).toBe(0);
  const best = await paredown('search', 'best', 'bytes', '--save', 'best.paredown', '--json');
  expect(best.code, best.stderr).toBe(0);
  const { key, seed, file } = JSON.parse(best.stdout);
  expect(file).toBe('best.paredown');
  const settings = (await readStudySettings(join(folder(), 'bytes'))) ?? expect.fail('there is no study');
  const study = await openStudy(join(folder(), 'bytes'), settings.context, { readOnly: true });
  const record = study.records.find((one) => one.key === key) ?? expect.fail('there is no such trial');
  const written = await readFile(join(folder(), file));
  expect(written.toString('base64')).toBe((await study.files(record))?.[record.seeds.indexOf(seed)]);
  expect(decodeModel(written).quantized?.bits.weights).toBeLessThanOrEqual(8);
}, 240_000);

test('goes on after Ctrl-C, and trains nothing twice', async () => {
  const args = [...COMPRESS, '--floor', '0.01', '--out', 'other', '--json'];
  const first = start(args);
  await first.until(() => first.lines().filter(({ type }) => type === 'trial').length >= 2);
  first.child.kill('SIGINT');
  const stopped = await first.end();
  expect(stopped.code).toBe(130);
  expect(stopped.stderr).toMatch(/to go on: .*compress/);
  const done = first.lines().flatMap(({ type, key }) => (type === 'trial' ? [key] : []));
  const again = start([...args, '--minutes', '0.0001']);
  expect((await again.end()).code).toBe(0);
  expect(again.lines().at(0)).toMatchObject({ type: 'start', trials: done.length });
  expect(again.lines().filter(({ type }) => type === 'trial')).toHaveLength(0);
  expect(again.lines().filter(({ type }) => type === 'began')).toHaveLength(0);
}, 120_000);

test('refuses what is below the floor, with the best there was', async () => {
  const { code, stdout } = await paredown(...COMPRESS, '--floor', '0.9999', '--out', 'third');
  expect(code).toBe(3);
  expect(stdout).toMatch(/nothing was written. The best there was: [\d.]+%, as it is/);
  expect(await readdir(join(folder(), 'third'))).not.toContain('net.paredown');
}, 60_000);

test.each([
  [['--floor', '2'], /share between 0 and 1/],
  [['--floor', '0.5', '--to', 'onnx'], /compressed or tflite or c/],
  [['--floor', '0.5', '--seeds', '3'], /from 5 to 100/],
  [['--floor', '0.5', '--to', 'c', '--save-seeds', 'net'], /--save-seeds writes compressed files; with --to c/],
  [['--floor', '0.5', '--temperature', '2'], /--temperature is for --distil/],
  [[], /required option '--floor/],
])('%j is a wrong option', async (args, message) => {
  const { code, stderr } = await paredown(...COMPRESS, ...args);
  expect(code).toBe(2);
  expect(stderr).toMatch(message);
});
