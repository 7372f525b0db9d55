import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { conv2d, dense, encodeOnnx, flatten, maxPool2d, model, readStudySettings, save } from 'paredown/node';
import { beforeAll, describe, expect, test } from 'vitest';
import { useCommand } from './support/command.ts';
import { weightsFrom } from './support/weights.ts';

const { folder, paredown } = useCommand('pare');
const NETWORK = model([28, 28, 1], [conv2d(8, 5, { strides: 3, activation: 'relu' }), maxPool2d(2), flatten(), dense(10)]);

let scratch = '';
beforeAll(async () => {
  scratch = folder();
  await writeFile(join(scratch, 'net.onnx'), encodeOnnx(NETWORK, weightsFrom(NETWORK, 1)));
  await save(join(scratch, 'other.safetensors'), NETWORK, weightsFrom(NETWORK, 2));
});

interface Line {
  readonly number: number;
  readonly key: string;
  readonly inherits?: { readonly key: string };
  readonly model: { readonly layers: readonly { readonly filters?: number }[] };
}

async function trialsOf(study: string): Promise<Line[]> {
  const text = await readFile(join(scratch, study, 'trials.jsonl'), 'utf8');
  const lines: Line[] = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  return lines.sort((a, b) => a.number - b.number);
}

const DIGITS = [
  '--data',
  'digits',
  '--epochs',
  '0.1',
  '--rates',
  '0.01',
  '--floor',
  '0.02',
  '--strategy',
  'pare',
  '--workers',
  '1',
];

describe.skipIf(process.env.PAREDOWN_TEST_DRIVER)('search --strategy pare', { timeout: 180_000 }, () => {
  test('takes away from a trained ONNX network, keeps its weights in the study, and goes on from there', async () => {
    const begun = await paredown('search', ...DIGITS, '--from', 'net.onnx', '--study', 'a', '--trials', '2');
    expect([begun.code, begun.stderr]).toEqual([0, '']);
    const { problem } = (await readStudySettings(join(scratch, 'a'))) ?? expect.fail('no study');
    const [first, second] = await trialsOf('a');
    expect(problem.startWeights).toMatch(/^start-[0-9a-f]{24}$/);
    expect(first?.inherits?.key).toBe(problem.startWeights);
    expect(second?.inherits?.key).toBe(first?.key);
    expect(second?.model.layers[0]?.filters).toBeLessThan(8);
    // Nothing is typed again.
    const again = await paredown('search', '--study', 'a', '--trials', '3');
    expect([again.code, again.stderr]).toEqual([0, '']);
    expect((await trialsOf('a')).slice(0, 2)).toEqual([first, second]);
    const other = await paredown('search', ...DIGITS, '--from', 'other.safetensors', '--study', 'a');
    expect(other.code).toBe(2);
    expect(other.stderr).toContain('the weights of the start was start-');
  });

  test.each([
    [['--data', 'digits', '--strategy', 'pare'], /--strategy pare takes away from a network: give it one with --start or --from/],
    [['--strategy', 'pare', '--from', 'nope.onnx'], /--from nope\.onnx: there is no such file/],
    [['--strategy', 'random', '--inheriting', '0.5'], /--inheriting is for the children of evolve, and --strategy is random/],
    [['--strategy', 'pear'], /there are evolve, greedy, model, pare, random/],
  ])('%s is an error', async (args, message) => {
    const { code, stderr } = await paredown('search', ...args);
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
  });

  test('--help names it', async () => {
    expect((await paredown('search', '--help')).stdout).toMatch(/evolve, pare \(takes away from/);
  });
});
