import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { LiveRun } from '../src/node/live-run.ts';
import { readLiveState, writeRequest } from '../src/node/live-state.ts';

let folder = '';
let ended: AbortController;
const open: LiveRun[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'paredown-live-'));
  ended = new AbortController();
});
afterEach(async () => {
  for (const run of open.splice(0)) await run[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

function begin(): LiveRun {
  const run = new LiveRun(folder, { stop: () => ended.abort(), signal: ended.signal });
  open.push(run);
  return run;
}

const stateIs = (state: string) =>
  vi.waitFor(async () => expect((await readLiveState(folder))?.state).toBe(state), { timeout: 10_000, interval: 50 });
const session = async () => (await readLiveState(folder))?.session ?? '';

describe('a run that tells what it does', () => {
  test('pauses, goes on and stops as it is asked', async () => {
    const run = begin();
    run.tell({ running: [{ key: 'k', name: '12 parameters', since: '2026-12-01T00:00:00.000Z', worker: 'process 1' }] });
    await stateIs('running');
    const { drain } = run;
    await writeRequest(folder, await session(), 'pause');
    await stateIs('pausing');
    expect(drain.aborted).toBe(true);
    const going = run.paused();
    await stateIs('paused');
    await writeRequest(folder, await session(), 'go on');
    await going;
    expect(run.drain.aborted).toBe(false);
    await stateIs('running');
    await writeRequest(folder, await session(), 'stop');
    await stateIs('stopping');
    expect(ended.signal.aborted).toBe(true);
    await run[Symbol.asyncDispose]();
    expect(await readLiveState(folder)).toMatchObject({ state: 'stopped', running: [] });
    expect(await readdir(folder)).toEqual(['state.json']);
  });

  test('goes on at once where a pause is taken back before all has ended', async () => {
    const run = begin();
    await stateIs('running');
    const { drain } = run;
    await writeRequest(folder, await session(), 'pause');
    await vi.waitFor(() => expect(drain.aborted).toBe(true), { timeout: 10_000 });
    await writeRequest(folder, await session(), 'go on');
    await stateIs('running');
    await run.paused();
    expect(run.drain.aborted).toBe(false);
  });

  test('Ctrl-C ends a pause', async () => {
    const run = begin();
    await stateIs('running');
    await writeRequest(folder, await session(), 'pause');
    await stateIs('pausing');
    const going = run.paused();
    await stateIs('paused');
    ended.abort();
    await expect(going).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }));
  });

  test('heeds nothing that was asked of an earlier one, and nothing that is damaged', async () => {
    await writeRequest(folder, 'of an earlier run', 'stop');
    const run = begin();
    await stateIs('running');
    for (const text of ['', '{', '{"format":1,"session":', 'null', '{"format":2}', '{"format":1,"session":"x","request":"rm"}']) {
      await writeFile(join(folder, 'control.json'), text);
      await new Promise((done) => setTimeout(done, 150));
    }
    await writeRequest(folder, 'of an earlier run', 'stop');
    await new Promise((done) => setTimeout(done, 1200));
    expect(ended.signal.aborted).toBe(false);
    expect(run.drain.aborted).toBe(false);
    run.ended();
    await run[Symbol.asyncDispose]();
    expect(await readLiveState(folder)).toMatchObject({ state: 'ended' });
  });

  test('has failed where it neither ended nor was stopped', async () => {
    await begin()[Symbol.asyncDispose]();
    expect(await readLiveState(folder)).toMatchObject({ state: 'failed' });
  });

  test('does not fail for a folder that is gone', async () => {
    const run = begin();
    await rm(folder, { recursive: true });
    run.tell({ share: 0.5 });
    await new Promise((done) => setTimeout(done, 700));
    await run[Symbol.asyncDispose]();
    await expect(readdir(folder)).rejects.toThrow('ENOENT');
  });

  test('is not known where its file is damaged', async () => {
    for (const text of ['', '{', 'null', '[]', '{"format":1}']) {
      await writeFile(join(folder, 'state.json'), text);
      expect(await readLiveState(folder)).toBeUndefined();
    }
    expect(await readFile(join(folder, 'state.json'), 'utf8')).toBe('{"format":1}');
  });
});
