// How the process that judges images for `paredown serve` is watched, without a GPU.
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { decodeJudgement, encodeJudgement, type KeptJudgement, readJudgement } from '../src/node/judge/judgement.ts';
import { Judgings, type JudgingsOptions } from '../src/node/serve/judgings.ts';
import type { TrialRecord } from '../src/search/trial.ts';
import { descendantsOf } from './support/processes.ts';

const JUDGEMENT: KeptJudgement = {
  weights: 'abc',
  seed: 3,
  date: '2026-12-01T00:00:00.000Z',
  adapter: 'a driver',
  judged: {
    name: 'validation images',
    classNames: ['<b>', 'c'],
    confusion: [
      [8, 2],
      [0, 10],
    ],
    wrong: [{ label: 0, predicted: 1, probability: 0.9, ofLabel: 0.1, shape: [1, 2, 1], pixels: Uint8Array.of(0, 255) }],
  },
};

let folder = '';
const open: Judgings[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'paredown-judgings-'));
  vi.stubEnv('STUB_LOG', join(folder, 'log'));
  vi.stubEnv('STUB_JUDGEMENT', encodeJudgement(JUDGEMENT));
});
afterEach(async () => {
  for (const one of open.splice(0)) await one[Symbol.asyncDispose]();
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});

function judgings(options: JudgingsOptions = {}): Judgings {
  const made = new Judgings({ program: new URL('support/stub-judge.mjs', import.meta.url), ...options });
  open.push(made);
  return made;
}

const pathOf = (number: number) => join(folder, 'study', 'judged', `${number}.json`);
/** Asks for one that does this for so many milliseconds. */
const ask = (to: Judgings, number: number, key: string, samples = 0) =>
  to.ask({ folder: join(folder, 'study'), path: pathOf(number), isBest: false, record: { key, samples, number } as TrialRecord });
const log = async () => (await readFile(join(folder, 'log'), 'utf8').catch(() => '')).split('\n').slice(0, -1);
const reached = (what: () => unknown) => vi.waitFor(what, { timeout: 30_000, interval: 20 });

describe('judgings', () => {
  beforeEach(() => mkdir(join(folder, 'study')));

  test('go one after the other, each once however often it is asked for, and are kept in the study', async () => {
    const queue = judgings();
    for (let click = 0; click < 10; click++) expect(ask(queue, 1, 'judges', 300)).toBe(true);
    expect(ask(queue, 2, 'judges', 100)).toBe(true);
    expect(ask(queue, 3, 'judges', 100)).toBe(true);
    expect(queue.of(pathOf(1))).toMatchObject({ state: 'works' });
    expect(queue.of(pathOf(2))).toEqual({ state: 'waits', before: 1 });
    expect(queue.of(pathOf(3))).toEqual({ state: 'waits', before: 2 });
    await reached(() => expect(queue.of(pathOf(3))).toMatchObject({ state: 'works' }));
    await reached(() => expect(queue.of(pathOf(3))).toBeUndefined());
    expect(await log()).toEqual(['begun 1', 'ended 1', 'begun 2', 'ended 2', 'begun 3', 'ended 3']);
    for (const number of [1, 2, 3]) expect(await readJudgement(pathOf(number))).toEqual(JUDGEMENT);
    expect(await descendantsOf(process.pid)).toEqual([]);
  });

  test('tell how far they are', async () => {
    const queue = judgings();
    ask(queue, 1, 'reports', 1000);
    await reached(() => expect(queue.of(pathOf(1))).toMatchObject({ state: 'works', progress: { images: 3, of: 9 } }));
  });

  test('can be left, waiting or at work, and the next one begins', async () => {
    const queue = judgings();
    ask(queue, 1, 'is silent');
    ask(queue, 2, 'is silent');
    ask(queue, 3, 'judges');
    await reached(async () => expect(await log()).toEqual(['begun 1']));
    await queue.leave(pathOf(2));
    expect(queue.of(pathOf(2))).toBeUndefined();
    await queue.leave(pathOf(1));
    await reached(async () => expect(await readJudgement(pathOf(3))).toEqual(JUDGEMENT));
    expect(queue.of(pathOf(1))).toBeUndefined();
    expect(await log()).toEqual(['begun 1', 'begun 3', 'ended 3']);
    await queue.leave(pathOf(4));
  });

  test('are no more than twenty that wait', () => {
    const queue = judgings();
    for (let number = 0; number <= 20; number++) expect(ask(queue, number, 'is silent')).toBe(true);
    expect(ask(queue, 21, 'judges')).toBe(false);
    expect(ask(queue, 5, 'judges')).toBe(true);
    expect(queue.of(pathOf(21))).toBeUndefined();
  });

  test('that hang, take too long, die, fail or answer nonsense say so, and may be asked for again', async () => {
    const hanging = judgings({ limits: { silence: 1, total: 100 } });
    ask(hanging, 1, 'is silent');
    await reached(() =>
      expect(hanging.of(pathOf(1))).toEqual({ state: 'failed', reason: 'It was ended, since nothing came of it for 1 s.' }),
    );
    const queue = judgings();
    ask(queue, 2, 'dies');
    ask(queue, 3, 'fails');
    ask(queue, 4, 'babbles');
    await reached(() =>
      expect(queue.of(pathOf(2))).toEqual({
        state: 'failed',
        reason: 'Its process ended before it was done (exit code 3).',
        whole: 'out of <memory>',
      }),
    );
    await reached(() =>
      expect(queue.of(pathOf(3))).toEqual({ state: 'failed', reason: 'There is no GPU.', whole: 'There is no GPU. Buy one.' }),
    );
    await reached(() => expect(queue.of(pathOf(4))).toMatchObject({ state: 'failed', reason: expect.stringContaining('read') }));
    expect(await readJudgement(pathOf(4))).toBeUndefined();
    ask(queue, 2, 'judges');
    await reached(() => expect(queue.of(pathOf(2))).toBeUndefined());
    expect(await readJudgement(pathOf(2))).toEqual(JUDGEMENT);
    const slow = judgings({ limits: { silence: 100, total: 1 } });
    ask(slow, 5, 'reports', 60_000);
    await reached(() => expect(slow.of(pathOf(5))).toMatchObject({ reason: 'It was ended, since it took longer than 1 s.' }));
  });

  test('that can not be kept are told as long as the server runs, and make no folder of a study that is gone', async () => {
    const queue = judgings();
    await rm(join(folder, 'study'), { recursive: true });
    ask(queue, 1, 'judges');
    await reached(() => expect(queue.of(pathOf(1))).toMatchObject({ state: 'judged', judgement: JUDGEMENT }));
    await expect(readFile(join(folder, 'study'))).rejects.toThrow('ENOENT');
  });

  test('end with what asked for them', async () => {
    const queue = judgings();
    ask(queue, 1, 'is silent');
    ask(queue, 2, 'judges');
    await reached(async () => expect(await log()).toEqual(['begun 1']));
    await queue[Symbol.asyncDispose]();
    expect(await descendantsOf(process.pid)).toEqual([]);
    expect(ask(queue, 3, 'judges')).toBe(false);
    expect(await log()).toEqual(['begun 1']);
  });
});

describe('a judgement that is kept', () => {
  test('is read as it was written', () => {
    expect(decodeJudgement(encodeJudgement(JUDGEMENT))).toEqual(JUDGEMENT);
  });

  test('but was damaged, or tells what can not be, is none', async () => {
    const text = encodeJudgement(JUDGEMENT);
    const whole = JSON.parse(text);
    const changed = (fields: object) => JSON.stringify({ ...whole, ...fields });
    for (const wrong of [
      '',
      'null',
      text.slice(0, -9),
      changed({ format: 2 }),
      changed({ classes: 1e9 }),
      changed({ classes: -1 }),
      changed({ classes: 1 }),
      changed({ confusion: [[0, 2, 1]] }),
      changed({ confusion: [[0, 1, -1]] }),
      changed({ wrong: [{ ...whole.wrong[0], shape: [1e6, 1e6, 1] }] }),
      changed({ wrong: [{ ...whole.wrong[0], probability: 7 }] }),
      changed({ wrong: 'none' }),
      changed({ classNames: [1] }),
    ])
      expect(decodeJudgement(wrong), wrong).toBeUndefined();
    // Pixels that are missing are black.
    expect(decodeJudgement(changed({ wrong: [{ ...whole.wrong[0], pixels: '%' }] }))?.judged.wrong).toMatchObject([{ label: 0 }]);
    expect(await readJudgement(join(folder, 'nothing.json'))).toBeUndefined();
    await writeFile(join(folder, 'half.json'), text.slice(0, 40));
    expect(await readJudgement(join(folder, 'half.json'))).toBeUndefined();
  });
});
