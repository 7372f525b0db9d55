import { spawn } from 'node:child_process';
import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { StudyFolder } from '../src/node/study-folder.ts';
import { runSearch, type Study } from '../src/search/run.ts';
import { evolve } from '../src/search/strategies/evolve.ts';
import type { TrialRecord } from '../src/search/trial.ts';
import { Landscape, PROBLEM } from './support/landscape.ts';

const CONTEXT = { data: 'made up' };
const TRIALS = 12;

let scratch = '';
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'paredown-study-'));
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

async function searched(study: Study, trials = TRIALS): Promise<readonly TrialRecord[]> {
  const options = { problem: PROBLEM, strategy: evolve, evaluators: [new Landscape()], study, context: CONTEXT };
  for await (const _ of runSearch({ ...options, budget: { trials } }));
  return study.records;
}

const withoutTime = (records: readonly TrialRecord[]) => records.map(({ wallMs: _, ...rest }) => rest);

/** A folder with a finished study, and the lines of its file. */
async function finished() {
  const folder = await mkdtemp(join(scratch, 'study-'));
  const records = await searched(await StudyFolder.open(folder, CONTEXT));
  const file = join(folder, 'trials.jsonl');
  return { folder, file, records, lines: (await readFile(file, 'utf8')).split('\n').slice(0, -1) };
}

describe('a study in a folder', () => {
  test('is the same when it is opened again', async () => {
    const { folder, records } = await finished();
    const again = await StudyFolder.open(folder, CONTEXT);
    expect(again.problems).toEqual([]);
    expect(again.records).toEqual(records);
  });

  test('cut off anywhere in its last line loses that trial alone, and ends as if it had not been cut', async () => {
    const { folder, file, records, lines } = await finished();
    const last = lines.at(-1) ?? '';
    const before = lines
      .slice(0, -1)
      .map((line) => `${line}\n`)
      .join('');
    for (const length of [1, 2, Math.floor(last.length / 2), last.length - 1, last.length]) {
      await writeFile(file, before + last.slice(0, length));
      const study = await StudyFolder.open(folder, CONTEXT);
      expect(study.records).toEqual(records.slice(0, -1));
      expect(study.problems).toEqual([expect.stringContaining(`line ${TRIALS}: is cut off`)]);
      expect(withoutTime(await searched(study))).toEqual(withoutTime(records));
    }
  });

  test.each([
    ['garbage', () => '{"format":1,', 'is damaged: it is not JSON'],
    ['a line of another version', () => '{"format":2}', 'is of format 2; this version reads format 1'],
    ['an entry of the wrong kind', (line: string) => line.replace('"samples":1000', '"samples":"many"'), 'is damaged'],
    ['a network that is none', (line: string) => line.replace('"type":"dense"', '"type":"dance"'), 'is damaged'],
    ['a trial twice', (line: string) => line, 'repeats the trial'],
    [
      'changed seeds',
      (line: string) => line.replace('"seeds":[1]', '"seeds":[2]').replace(/"key":"."/, '"key":"x'),
      'other data',
    ],
  ])('with %s in the middle keeps all the others, names it and sets it aside', async (_, damage, problem) => {
    const { folder, file, records, lines } = await finished();
    const text = damage(lines.find((line) => line.includes('"type":"dense"')) ?? '');
    await writeFile(file, [...lines.slice(0, 5), text, ...lines.slice(5)].map((line) => `${line}\n`).join(''));
    const study = await StudyFolder.open(folder, CONTEXT);
    expect(study.records).toEqual(records);
    expect(study.problems).toEqual([expect.stringContaining('trials.jsonl, line 6: ')]);
    expect(study.problems[0]).toContain(problem);
    expect(await readFile(`${file}.left-out`, 'utf8')).toBe(`${text}\n`);
    expect((await StudyFolder.open(folder, CONTEXT)).problems).toEqual([]);
  });

  test('of other data or another training is left out whole', async () => {
    const { folder } = await finished();
    const other = await StudyFolder.open(folder, { data: 'other' });
    expect(other.records).toEqual([]);
    expect(other.problems).toHaveLength(TRIALS);
    expect(other.problems[0]).toContain('is of other data or another training than this study');
  });

  test('takes an empty file and blank lines for nothing', async () => {
    const folder = await mkdtemp(join(scratch, 'empty-'));
    await appendFile(join(folder, 'trials.jsonl'), '\n\n');
    const study = await StudyFolder.open(folder, CONTEXT);
    expect([study.records, study.problems]).toEqual([[], []]);
  });

  test('killed again and again ends as one that never was', async () => {
    const folder = await mkdtemp(join(scratch, 'killed-'));
    const program = fileURLToPath(new URL('support/study-process.ts', import.meta.url));
    const trials = 30;
    /** Kills the process after it told of so many trials; returns whether it came to its end before. */
    const run = async (after: number) => {
      const child = spawn(process.execPath, ['--import', 'tsx', program, folder, String(trials)], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      let told = 0;
      child.stdout.on('data', (piece: Buffer) => {
        told += piece.toString().split('\n').length - 1;
        if (told >= after) child.kill('SIGKILL');
      });
      return (await new Promise((done) => child.on('close', done))) === 0;
    };
    for (let kill = 0; kill < 20 && !(await run(1 + (kill % 3))); kill++);
    expect(await run(Number.POSITIVE_INFINITY)).toBe(true);
    const whole = await StudyFolder.open(await mkdtemp(join(scratch, 'whole-')), CONTEXT);
    expect(withoutTime((await StudyFolder.open(folder, CONTEXT)).records)).toEqual(withoutTime(await searched(whole, trials)));
  });
});
