import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { conv2d, decodeModel, dense, flatten, model, save } from 'paredown/node';
import { beforeAll, expect, test } from 'vitest';
import { useCommand } from './support/command.ts';

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
  [[], /required option '--floor/],
])('%j is a wrong option', async (args, message) => {
  const { code, stderr } = await paredown(...COMPRESS, ...args);
  expect(code).toBe(2);
  expect(stderr).toMatch(message);
});
