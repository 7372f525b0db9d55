// `paredown serve` beside a search and a training that run.
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Command, useCommand } from './support/command.ts';
import { EventClient } from './support/event-client.ts';

/** Networks that are small, and hardly a kernel to compile. */
const SPACE = {
  format: 1,
  depth: [1, 1],
  blocks: [{ type: 'convolution', weight: 1, filters: [2, 200], kernels: [5], strides: [3, 4, 6], padding: ['same'] }],
  heads: [{ type: 'dense' }],
  activations: ['relu'],
  batchNorm: [false],
};
const SEARCH = 'search --data digits --epochs 0.5 --rates 0.02 --space space.json --recipe fixed --floor 0.9 --workers 2'.split(
  ' ',
);

const { folder, start, paredown } = useCommand('serve');

async function served(...folders: readonly string[]): Promise<{ command: Command; url: string }> {
  const command = start(['serve', ...folders, '--port', '0', '--json']);
  await command.until(() => command.lines().length > 0);
  const [line] = command.lines();
  return { command, url: String(line?.url) };
}

/** The page of the only folder that is served. */
async function onlyPage(url: string): Promise<string> {
  for (let tries = 0; tries < 200; tries++) {
    const [, path] = /href="(\/folder\/\w+)"/.exec(await (await fetch(url)).text()) ?? [];
    if (path !== undefined) return new URL(path, url).href;
    await new Promise((done) => setTimeout(done, 200));
  }
  throw new Error('no folder is served');
}

/** Presses a button of the page, as soon as it is there. */
async function press(page: string, button: string): Promise<void> {
  const pageText = async () => (await fetch(page)).text();
  let text = await pageText();
  for (const end = performance.now() + 60_000; !text.includes(`value="${button}"`) && performance.now() < end; )
    text = await pageText();
  const field = (name: string) => new RegExp(`name="${name}" value="(\\w+)"`).exec(text)?.[1] ?? '';
  expect(text).toContain(`value="${button}"`);
  const body = new URLSearchParams({ token: field('token'), session: field('session'), request: button });
  const { status } = await fetch(`${page}/control`, { method: 'POST', body, redirect: 'manual' });
  expect(status).toBe(303);
}

/** Waits for the page's first section to say this. */
async function says(client: EventClient, words: string | RegExp): Promise<void> {
  const end = performance.now() + 120_000;
  const isSaid = (now = '') => (typeof words === 'string' ? now.includes(words) : words.test(now));
  while (!isSaid(client.received.flatMap(({ changed: { now } }) => (now === undefined ? [] : [now])).at(-1))) {
    if (performance.now() > end) throw new Error(`not said: ${words}; ${client.received.at(-1)?.changed.now}`);
    await new Promise((done) => setTimeout(done, 50));
  }
}

const trialsOf = async (study: string) =>
  (await readFile(join(folder(), study, 'trials.jsonl'), 'utf8'))
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as { readonly key: string; readonly number: number })
    .sort((a, b) => a.number - b.number);

describe.skipIf(process.env.PAREDOWN_TEST_DRIVER)('paredown serve', () => {
  test('shows a search as it runs, pauses and stops it; killed or stopped, it goes on to what one that nobody disturbed comes to', {
    timeout: 600_000,
  }, async () => {
    await writeFile(join(folder(), 'space.json'), JSON.stringify(SPACE));
    const { command: server, url } = await served('runs/watched');
    const endless = [...SEARCH, '--trials', '1000', '--study', 'runs/watched', '--json'];
    const first = start(endless);
    await first.until(() => first.lines().some(({ type }) => type === 'trial'));
    const page = await onlyPage(url);
    await using client = await EventClient.open(page);
    await says(client, /process [12]/);
    await client.until(({ changed }) => 'dropped' in changed);
    await press(page, 'pause');
    await says(client, 'Nothing is trained');
    const during = await trialsOf('runs/watched');
    await new Promise((done) => setTimeout(done, 2500));
    expect(await trialsOf('runs/watched')).toEqual(during);
    await press(page, 'go on');
    await client.until(({ changed }) => Number(/(\d+) trials/.exec(changed.head ?? '')?.[1]) > during.length);
    // A pause that is asked for survives no kill.
    await press(page, 'pause');
    await says(client, /pausing|paused/);
    first.child.kill('SIGKILL');
    await first.exit;
    await says(client, 'without a word');
    const kept = await trialsOf('runs/watched');
    expect(kept.map(({ key }) => key)).toEqual(expect.arrayContaining(during.map(({ key }) => key)));
    const second = start(endless);
    await second.until(() => second.lines().some(({ type }) => type === 'began'));
    await press(page, 'stop');
    const { code, stderr } = await second.end();
    expect(code).toBe(130);
    expect(stderr).toContain('Every finished trial is kept');
    await says(client, 'It was stopped');
    const trials = String((await trialsOf('runs/watched')).length + 3);
    for (const study of ['runs/watched', 'runs/alone'])
      expect([0, 3]).toContain((await paredown(...SEARCH, '--trials', trials, '--study', study)).code);
    await says(client, 'It came to its end');
    expect((await trialsOf('runs/watched')).map(({ key }) => key)).toEqual((await trialsOf('runs/alone')).map(({ key }) => key));
    expect((await readdir(join(folder(), 'runs/watched'))).filter((name) => /control|partial|lock/.test(name))).toEqual([]);
    const ending = performance.now();
    server.child.kill('SIGINT');
    expect((await server.end()).code).toBe(0);
    expect(performance.now() - ending).toBeLessThan(20_000);
  });

  test('shows a training as it goes, pauses and stops it, and it ends with the very weights of one that nobody disturbed', {
    timeout: 600_000,
  }, async () => {
    const train = ['train', 'digits', '--epochs', '12', '--model', 'nahhas/proposed', '--seed', '3'];
    expect((await paredown(...train, '--out', 'whole')).code).toBe(0);
    const { url } = await served('watched');
    const first = start([...train, '--out', 'watched', '--json']);
    await first.until(() => first.lines().some(({ type }) => type === 'progress'));
    const page = await onlyPage(url);
    await using client = await EventClient.open(page);
    await press(page, 'pause');
    await says(client, 'Nothing is trained');
    expect(first.stdout).toContain('Paused after step');
    const before = await readFile(join(folder(), 'watched/metrics.jsonl'), 'utf8');
    await new Promise((done) => setTimeout(done, 2000));
    expect(await readFile(join(folder(), 'watched/metrics.jsonl'), 'utf8')).toBe(before);
    await press(page, 'go on');
    await first.until(() => first.stdout.includes('Going on.'));
    await press(page, 'stop');
    expect((await first.end()).code).toBe(130);
    await says(client, 'It was stopped');
    expect((await paredown('train', '--resume', '--out', 'watched')).code).toBe(0);
    await says(client, 'It came to its end');
    await client.until(({ changed }) => changed.now?.includes('test accuracy') ?? false);
    const weights = (run: string) => readFile(join(folder(), run, 'model.safetensors'));
    expect((await weights('watched')).equals(await weights('whole'))).toBe(true);
  });

  test('tells where it serves, what it takes and what is wrong', async () => {
    const help = await paredown('serve', '--help');
    expect(help.stdout).toContain('paredown serve [FOLDER...] [options]');
    expect((await paredown('serve', '--port', '99999')).code).toBe(2);
    await mkdir(join(folder(), 'empty'));
    const { url } = await served('empty');
    const again = await paredown('serve', 'empty', '--port', new URL(url).port);
    expect(again.code).toBe(1);
    expect(again.stderr).toContain('another program listens there');
    await cp(join(folder(), 'space.json'), join(folder(), 'file.json'), { force: true }).catch(() =>
      writeFile(join(folder(), 'file.json'), ''),
    );
    expect(await paredown('serve', 'file.json', '--port', '0')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('is a file'),
    });
    await rm(join(folder(), 'file.json'));
    expect((await paredown('--help')).stdout).toContain('serve');
  });
});
