import { spawn } from 'node:child_process';
import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { StudyFolder } from '../src/node/study-folder.ts';
import { runSearch, type Study } from '../src/search/run.ts';
import { evolve } from '../src/search/strategies/evolve.ts';
import { random } from '../src/search/strategies/random.ts';
import type { Trial, TrialRecord } from '../src/search/trial.ts';
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
      (line: string) => line.replace('"seeds":[6]', '"seeds":[2]').replace(/"key":"."/, '"key":"x'),
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

  test('of other data or another training is refused, and left as it is', async () => {
    const { folder } = await finished();
    const before = await readFile(join(folder, 'trials.jsonl'), 'utf8');
    await expect(StudyFolder.open(folder, { data: 'other' })).rejects.toThrow('no trial is of these data and this training');
    expect(await readFile(join(folder, 'trials.jsonl'), 'utf8')).toBe(before);
  });

  test('calls diverged what version 0.1 kept as trained, with null for what was not finite', async () => {
    const { folder, file, records, lines } = await finished();
    const place = records.findIndex(({ seeds }) => seeds.length === 1);
    const poisoned = (lines[place] ?? '').replace(/"loss":\[[^\]]*\]/, '"loss":[null]');
    await writeFile(file, lines.map((line, index) => `${index === place ? poisoned : line}\n`).join(''));
    const study = await StudyFolder.open(folder, CONTEXT);
    expect(study.problems).toEqual([]);
    expect(study.records).toHaveLength(TRIALS);
    expect(study.records[place]?.outcome).toEqual({
      status: 'diverged',
      reason: `Of seed ${records[place]?.seeds[0]} at learning rate 0.01, the validation loss is NaN`,
    });
  });

  test('of networks that come to no finite figure is the same when it is opened again, as diverged', async () => {
    class Overflowing extends Landscape {
      override async evaluate(trial: Trial) {
        const { outcome } = await super.evaluate(trial);
        const loss = outcome.loss.map((_, replica) => [Number.NaN, Number.POSITIVE_INFINITY][replica % 2] ?? 0);
        return { outcome: { ...outcome, loss } };
      }
    }
    const folder = await mkdtemp(join(scratch, 'overflow-'));
    const study = await StudyFolder.open(folder, CONTEXT);
    const options = { problem: PROBLEM, strategy: random, evaluators: [new Overflowing()], study, context: CONTEXT };
    for await (const { outcome } of runSearch({ ...options, budget: { trials: 3 } })) expect(outcome.status).toBe('diverged');
    const again = await StudyFolder.open(folder, CONTEXT);
    expect([again.problems, again.records]).toEqual([[], study.records]);
  });

  test('keeps its conclusions with what is not finite in them, and of which test set they are', async () => {
    const { folder, records } = await finished();
    const [record] = records;
    if (!record) return expect.fail('there is a trial');
    const { key, model, costs, seeds } = record;
    const finalist = { key, model, costs, seeds, validation: [0.9, Number.NaN], test: [Number.NEGATIVE_INFINITY] };
    const conclusion = { finalists: [finalist], best: key, testHash: 'abc', date: '2026-11-30T00:00:00.000Z' };
    await (await StudyFolder.open(folder, CONTEXT)).addConclusion(conclusion);
    expect((await StudyFolder.open(folder, CONTEXT)).conclusions).toEqual([conclusion]);
  });

  test('saved by an editor with a mark, other line ends, or as UTF-16 loses nothing, and is put right', async () => {
    const { folder, file, records, lines } = await finished();
    const text = `\ufeff${lines.map((line) => `${line}\r\n`).join('')}\r\n`;
    for (const bytes of [Buffer.from(text), Buffer.from(text, 'utf16le'), Buffer.from(text, 'utf16le').swap16()]) {
      await writeFile(file, bytes);
      expect((await StudyFolder.open(folder, CONTEXT, { readOnly: true })).records).toEqual(records);
      const study = await StudyFolder.open(folder, CONTEXT);
      expect([study.problems, study.records]).toEqual([[], records]);
      expect((await readFile(file, 'utf8')).split(/\r?\n/).slice(0, -1)).toEqual(lines);
    }
  });

  test('takes an empty file and blank lines for nothing', async () => {
    const folder = await mkdtemp(join(scratch, 'empty-'));
    await appendFile(join(folder, 'trials.jsonl'), '\n\n');
    const study = await StudyFolder.open(folder, CONTEXT);
    expect([study.records, study.problems]).toEqual([[], []]);
  });

  test('killed 20 times in the middle of trials ends as one that never was', { timeout: 400_000 }, async () => {
    const folder = await mkdtemp(join(scratch, 'killed-'));
    const program = fileURLToPath(new URL('support/study-process.ts', import.meta.url));
    const trials = 30;
    const start = () =>
      spawn(process.execPath, ['--import', 'tsx', '--import', './scripts/wgsl-hook.mjs', program, folder, String(trials)], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
    const ended = (child: ReturnType<typeof start>) => new Promise((done) => child.on('close', done));
    for (let kill = 0; kill < 20; kill++) {
      const child = start();
      // A trial takes 30 ms there: one runs whenever the signal comes.
      child.stdout.once('data', () => setTimeout(() => child.kill('SIGKILL'), (7 * kill) % 40));
      expect(await ended(child)).not.toBe(0);
    }
    expect(await ended(start())).toBe(0);
    const whole = await StudyFolder.open(await mkdtemp(join(scratch, 'whole-')), CONTEXT);
    expect(withoutTime((await StudyFolder.open(folder, CONTEXT)).records)).toEqual(withoutTime(await searched(whole, trials)));
  });
});
