import { appendFile, cp, mkdir, mkdtemp, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DataError, LiveRun, lockFolder, OptionError, type ServedRuns, save, serveRuns } from 'paredown/node';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { alignedBy } from '../src/report/served/align.ts';
import { refusal } from './support/data-files.ts';
import { EventClient } from './support/event-client.ts';
import { GrowingStudy } from './support/growing-study.ts';
import { faults } from './support/markup-faults.ts';
import { weightsFrom } from './support/weights.ts';

const RESULTS = fileURLToPath(new URL('../docs/results/', import.meta.url));

let folder = '';
const open: AsyncDisposable[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'paredown-serve-'));
});
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

async function serve(folders: readonly string[] = [folder], options = {}): Promise<ServedRuns & { at(path: string): string }> {
  const server = await serveRuns(folders, { port: 0, ...options });
  open.push(server);
  return { ...server, at: (path) => new URL(path, server.url).href };
}

/** The first page once all is read: the addresses of pages by what they are called. */
async function pagesOf(url: string): Promise<Map<string, string>> {
  return vi.waitFor(
    async () => {
      const html = await (await fetch(url)).text();
      expect(html).not.toContain('is read ...');
      return new Map([...html.matchAll(/<a href="(\/folder\/\w+)">([^<]*)</g)].map(([, path, name]) => [name ?? '', path ?? '']));
    },
    { timeout: 60_000, interval: 200 },
  );
}

async function listen(page: string): Promise<EventClient> {
  const client = await EventClient.open(page);
  open.push(client);
  return client;
}

/** As another program would ask, with any header. */
function ask(url: string, headers: Record<string, string>, path?: string): Promise<{ status: number; text: string }> {
  const { hostname: host, port, pathname } = new URL(url);
  return new Promise((resolve, reject) => {
    const asked = request({ host, port, path: path ?? pathname, headers }, (response) => {
      let text = '';
      response.on('data', (piece) => {
        text += piece;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
    });
    asked.on('error', reject);
    asked.end();
  });
}

describe.skipIf(process.env.PAREDOWN_TEST_DRIVER)('serveRuns', () => {
  test('shows every kept study, its trials and two of them side by side, as whole documents', async () => {
    const server = await serve([join(RESULTS, 'search-mnist-97.8'), join(RESULTS, 'search-mnist-97.5')]);
    const pages = await pagesOf(server.url);
    expect(pages.size).toBe(2);
    for (const [name, path] of pages) {
      const page = await (await fetch(server.at(path))).text();
      expect(faults(page.replace(/<(meta|link)[^>]*>/g, ''))).toEqual([]);
      for (const title of ['The answer', 'Size against accuracy', 'Learning curves', 'What was tried and dropped'])
        expect(page, name).toContain(`>${title}</h2>`);
      expect(page).toContain('<strong>ended</strong>');
      expect(page).toContain(`<a href="${path}/trial/3">3</a>`);
      const trial = await (await fetch(server.at(`${path}/trial/3`))).text();
      expect(trial).toContain('<h1>Trial 3</h1>');
      const both = await (await fetch(server.at(`${path}/compare?a=3&b=12`))).text();
      expect(both).toContain('<h1>Trials 3 and 12</h1>');
      expect(both.match(/<svg class="network"/g)).toHaveLength(2);
      expect(both).toContain('aria-label="Picture of the layers of trial 12"');
      expect(faults(both.replace(/<(meta|link)[^>]*>/g, ''))).toEqual([]);
      expect(both).toMatch(/parameters<\/td><td class="w">[\d,]+<\/td><td class="w">[\d,]+<\/td>/);
      for (const wrong of ['/trial/0', '/trial/99999', '/trial/x', '/compare', '/compare?a=3&b=99999', '/else'])
        expect((await fetch(server.at(path + wrong))).status, wrong).toBe(404);
    }
  });

  test('shows the filters of a trial whose weights the study holds', async () => {
    const study = await GrowingStudy.begin(join(folder, 'a'), 3);
    const server = await serve();
    const path = (await pagesOf(server.url)).get(study.folder) ?? '';
    const lines = (await readFile(join(study.folder, 'trials.jsonl'), 'utf8')).trim().split('\n');
    const trials = lines.map((line) => JSON.parse(line)).filter(({ outcome }) => outcome.status === 'trained');
    const [{ key, model, number } = expect.unreachable()] = trials;
    const page = async () => (await fetch(server.at(`${path}/trial/${number + 1}`))).text();
    expect(await page()).not.toContain('Filters of its first convolution');
    await save(join(study.folder, 'weights', `${key}-0.safetensors`), model, weightsFrom(model, 1));
    const text = await page();
    expect(text).toContain('Filters of its first convolution</h2>');
    expect(text).toMatch(/<title>\d+ filters? of \d×\d of conv2d/);
    expect(faults(text.replace(/<(meta|link)[^>]*>/g, ''))).toEqual([]);
    await writeFile(join(study.folder, 'weights', `${key}-0.safetensors`), 'damaged');
    expect(await page()).not.toContain('Filters of its first convolution');
  });

  test('sends what has changed as a study grows, a half-written line once it is whole, and nothing else', async () => {
    const study = await GrowingStudy.begin(join(folder, 'search', 'a'), 20);
    const server = await serve();
    const path = (await pagesOf(server.url)).get(study.folder) ?? '';
    const client = await listen(server.at(path));
    await new Promise((done) => setTimeout(done, 1500));
    expect(client.received).toEqual([]);
    const line = study.take();
    const number = JSON.parse(line).number + 1;
    await study.append(line.slice(0, 500));
    await new Promise((done) => setTimeout(done, 1500));
    expect(client.received).toEqual([]);
    await study.append(`${line.slice(500)}\n`);
    const { changed, order } = await client.until(({ changed }) => 'dropped' in changed);
    expect(changed.dropped).toContain(`<tr id="t${number}">`);
    expect(order.slice(0, 3)).toEqual(['head', 'now', 'answer']);
    expect(Object.keys(changed)).not.toContain('words');
    await study.append('{"format":1,"damaged\n');
    const next = await study.grow();
    await client.until(({ changed }) => changed.dropped?.includes(`<tr id="t${next}">`) ?? false);
    await client.until(({ changed }) => changed.now?.includes('line 22: is damaged: it is not JSON') ?? false);
    // A reader that comes back is sent what it has not seen, and no more.
    const last = client.received.at(-1)?.id ?? '';
    const again = await fetch(server.at(`/events?path=${path}&seen=x`), { headers: { 'last-event-id': last } });
    const reader = again.body?.getReader();
    const waited = await Promise.race([reader?.read(), new Promise((done) => setTimeout(done, 1200, 'nothing'))]);
    await reader?.cancel();
    expect(waited).toBe('nothing');
  });

  test('tells what runs, since when, on which worker and how long, asks it to pause and to go on, and sees it killed', async () => {
    const study = await GrowingStudy.begin(join(folder, 'a'), 3);
    await using _lock = await lockFolder(study.folder);
    const stopped = new AbortController();
    const run = new LiveRun(study.folder, {
      stop: () => stopped.abort(),
      signal: stopped.signal,
      facts: () => ({ share: 0.25, leftMs: 90_000 }),
    });
    open.push(run);
    run.tell({
      phase: 'search',
      running: [{ key: 'k', name: '<b>12</b> parameters', since: '2026-12-01T01:02:03.000Z', worker: 'far&away' }],
    });
    const server = await serve();
    await vi.waitFor(async () => expect(await readdir(study.folder)).toContain('state.json'), { timeout: 10_000 });
    const path = (await pagesOf(server.url)).get(study.folder) ?? '';
    const page = await vi.waitFor(
      async () => {
        const text = await (await fetch(server.at(path))).text();
        expect(text).toContain('It searches.');
        return text;
      },
      { timeout: 20_000, interval: 300 },
    );
    expect(page).toContain('&#60;b&#62;12&#60;/b&#62; parameters');
    expect(page).toContain('far&#38;away');
    expect(page).toContain('<time datetime="2026-12-01T01:02:03.000Z" data-since>');
    expect(page).toContain('25.00%');
    expect(page).toMatch(/data-until="2[^"]+Z">90 s/);
    const field = (name: string) => new RegExp(`name="${name}" value="(\\w+)"`).exec(page)?.[1] ?? '';
    const post = async (fields: Record<string, string>, headers = {}) => {
      const body = new URLSearchParams({ token: field('token'), session: field('session'), ...fields });
      return (await fetch(server.at(`${path}/control`), { method: 'POST', body, redirect: 'manual', headers })).status;
    };
    expect(await post({ request: 'pause', token: 'x' })).toBe(403);
    expect(await post({ request: 'pause', session: 'earlier' })).toBe(409);
    expect(await post({ request: 'rm -rf' })).toBe(400);
    expect(await post({ request: 'pause' }, { origin: 'http://evil.example' })).toBe(403);
    expect(await post({ request: 'pause'.padEnd(9000) })).toBe(413);
    expect(run.drain.aborted).toBe(false);
    const client = await listen(server.at(path));
    expect(await post({ request: 'pause' })).toBe(303);
    await client.until(({ changed }) => changed.now?.includes('A pause was asked for') ?? false);
    const going = run.paused();
    await client.until(({ changed }) => changed.now?.includes('<strong>paused</strong>') ?? false);
    expect(await post({ request: 'go on' })).toBe(303);
    await going;
    expect(await post({ request: 'stop' })).toBe(303);
    await vi.waitFor(() => expect(stopped.signal.aborted).toBe(true), { timeout: 10_000 });
    await run[Symbol.asyncDispose]();
    await _lock[Symbol.asyncDispose]();
    await client.until(({ changed }) => changed.now?.includes('It was stopped') ?? false);
    // What an earlier process told is not taken for what the present one does.
    const told = JSON.parse(await readFile(join(study.folder, 'state.json'), 'utf8'));
    await writeFile(join(study.folder, 'state.json'), JSON.stringify({ ...told, state: 'paused', pid: 1 }));
    await using _again = await lockFolder(study.folder);
    await client.until(({ changed }) => changed.now?.includes('It begins.') ?? false);
    expect(client.received.at(-1)?.changed.now).not.toContain('<button');
    await _again[Symbol.asyncDispose]();
    // As a process that was killed leaves it: running, and nobody has the lock.
    const state = JSON.parse(await readFile(join(study.folder, 'state.json'), 'utf8'));
    await writeFile(join(study.folder, 'state.json'), JSON.stringify({ ...state, state: 'running' }));
    await client.until(({ changed }) => changed.now?.includes('without a word') ?? false);
    expect(await post({ request: 'stop' })).toBe(409);
  });

  test('shows a training as it goes', async () => {
    const run = join(folder, 'train', 'x');
    await mkdir(run, { recursive: true });
    const record = {
      format: 1,
      options: { steps: 40, batch: 20, model: '<script>alert(1)</script>', optimizer: 'adam' },
      data: { name: 'digits', sizes: { train: 100, validation: 20, test: 20 }, classNames: ['a<b', 'c'] },
      started: '2026-12-01T00:00:00.000Z',
      adapter: { description: 'a driver' },
      versions: { paredown: '0.1.0' },
      earlier: [],
    };
    await writeFile(join(run, 'run.json'), JSON.stringify(record));
    const metric = (step: number) => ({
      type: 'progress',
      step,
      steps: 40,
      epoch: 1,
      loss: 1 / step,
      accuracy: 0.5,
      stepMs: 3,
      etaMs: 9,
      wallMs: 10 * step,
    });
    await writeFile(join(run, 'metrics.jsonl'), `${JSON.stringify(metric(10))}\n`);
    const server = await serve();
    const path = (await pagesOf(server.url)).get(run) ?? '';
    const client = await listen(server.at(path));
    const first = await (await fetch(server.at(path))).text();
    expect(first).toContain('10 of 40');
    expect(first).not.toContain('<script>alert');
    expect(faults(first.replace(/<(meta|link)[^>]*>/g, ''))).toEqual([]);
    await appendFile(
      join(run, 'metrics.jsonl'),
      `${JSON.stringify(metric(20))}\nno line\n${JSON.stringify({ type: 'evaluation', step: 20, loss: 'NaN', accuracy: 0.75 })}\n`,
    );
    const { changed } = await client.until(({ changed }) => changed.now?.includes('20 of 40') ?? false);
    expect(changed.now).toContain('75.00%');
    expect(changed.now).toContain('1 damaged lines');
    const result = {
      type: 'result',
      step: 40,
      test: {
        loss: 0.5,
        accuracy: 0.9,
        confusion: [
          [9, 1],
          [1, 9],
        ],
      },
    };
    await appendFile(join(run, 'metrics.jsonl'), `${JSON.stringify(result)}\n`);
    const end = await client.until(({ changed }) => 'confusion' in changed);
    expect(end.order).toContain('confusion');
    expect(end.changed.confusion).toContain('a&#60;b');
    await writeFile(join(run, 'run.json'), '{"format":1');
    const broken = await client.until(({ changed }) => changed.head?.includes('is no JSON') ?? false);
    expect(broken.order).toEqual(['head']);
  });

  test('tells a folder that is not there, shows it as it appears, is moved, and comes back', async () => {
    const later = join(folder, 'later');
    const server = await serve([later]);
    const first = await (await fetch(server.url)).text();
    expect(first).toContain('What is begun there appears by itself');
    const overview = await listen(server.url);
    const study = await GrowingStudy.begin(later, 2);
    await overview.until(({ changed }) => changed.list?.includes('2 trials') ?? false);
    const path = (await pagesOf(server.url)).get(later) ?? '';
    const client = await listen(server.at(path));
    await rename(later, join(folder, 'elsewhere'));
    await client.until(({ changed }) => changed.head?.includes('There is no such folder, or it was moved') ?? false);
    await rename(join(folder, 'elsewhere'), later);
    await client.until(({ changed }) => 'dropped' in changed);
    await study.grow();
    await client.until(({ changed }) => changed.head?.includes('3 trials') ?? false);
  });

  test('finds studies and trainings below a folder, also those that are begun later, and follows no link', async () => {
    await GrowingStudy.begin(join(folder, 'runs', 'search', 'one'), 2);
    await mkdir(join(folder, 'secret'));
    await cp(join(folder, 'runs', 'search', 'one', 'study.json'), join(folder, 'secret', 'study.json'));
    await symlink(join(folder, 'secret'), join(folder, 'runs', 'link'));
    const server = await serve([join(folder, 'runs')]);
    expect([...(await pagesOf(server.url)).keys()]).toEqual([join(folder, 'runs', 'search', 'one')]);
    const client = await listen(server.url);
    await GrowingStudy.begin(join(folder, 'runs', 'search', 'two'), 2);
    await client.until(({ changed }) => changed.list?.includes('search/two') ?? false);
    await mkdir(join(folder, 'runs', '.hidden'));
  });

  test('hostile names stand there as text', async () => {
    const name = '<img src=x onerror=alert(1)>"&';
    const study = await GrowingStudy.begin(join(folder, name), 2);
    const settings = JSON.parse(await readFile(join(study.folder, 'study.json'), 'utf8'));
    settings.data.name = '</title><script>alert(1)</script>';
    settings.strategy = '"><b>';
    await writeFile(join(study.folder, 'study.json'), JSON.stringify(settings));
    const server = await serve();
    const html = await (await fetch(server.url)).text();
    const [, path = ''] = await vi.waitFor(
      async () => /href="(\/folder\/\w+)"/.exec(await (await fetch(server.url)).text()) ?? [],
      { timeout: 20_000 },
    );
    const page = await (await fetch(server.at(path))).text();
    for (const text of [html, page]) {
      expect(text).not.toMatch(/<img|<script>|<b>/);
      expect(faults(text.replace(/<(meta|link)[^>]*>/g, ''))).toEqual([]);
    }
  });

  test('refuses other names of the server, pages of others, and paths that are none of its pages', async () => {
    await GrowingStudy.begin(join(folder, 'a'), 2);
    await writeFile(join(folder, 'secret.txt'), 'a secret');
    const server = await serve();
    const { port, host } = new URL(server.url);
    for (const name of [`localhost:${port}`, `[::1]:${port}`, host])
      expect((await ask(server.url, { host: name })).status).toBe(200);
    for (const name of ['evil.example', `evil.example:${port}`, '127.0.0.1:1', `127.0.0.1.evil.example:${port}`])
      expect((await ask(server.url, { host: name })).status, name).toBeGreaterThanOrEqual(400);
    for (const origin of ['http://evil.example', 'null', `https://${host}`, 'http://127.0.0.1:1'])
      for (const path of ['/', '/events', '/client.js']) expect((await ask(server.url, { origin, host }, path)).status).toBe(403);
    expect((await ask(server.url, { origin: `http://${host}`, host })).status).toBe(200);
    const [path = ''] = (await pagesOf(server.url)).values();
    for (const wrong of [
      '/../secret.txt',
      '/..%2fsecret.txt',
      '/%2e%2e/%2e%2e/etc/passwd',
      `${path}/../../secret.txt`,
      `${path}/..%2f..%2fsecret.txt`,
      `${path}/trials.jsonl`,
      `/folder/${encodeURIComponent(folder)}`,
      '/folder/000000000000',
      '/folder/__proto__',
      '//evil.example/',
      '/%00',
      '/events?path=/../x',
    ]) {
      const { status, text } = await ask(server.url, { host }, wrong);
      expect(status, wrong).toBe(404);
      expect(text, wrong).not.toMatch(/a secret|root:/);
    }
    expect((await fetch(server.url, { method: 'DELETE' })).status).toBe(405);
    const headers = (await fetch(server.url)).headers;
    expect(headers.get('content-security-policy')).toBe(
      "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    );
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('cross-origin-resource-policy')).toBe('same-origin');
    expect(headers.get('cache-control')).toBe('no-store');
  });

  test('lets other machines in by a token alone, which is kept in a cookie', async () => {
    await GrowingStudy.begin(join(folder, 'a'), 2);
    const server = await serve([folder], { host: '0.0.0.0' });
    const { port, searchParams } = new URL(server.url);
    const local = `http://127.0.0.1:${port}/`;
    const token = searchParams.get('token') ?? '';
    expect(token).toMatch(/^[0-9a-f]{32}$/);
    for (const path of ['', 'events', 'client.js', '?token=', `?token=${token.slice(1)}0`, `folder/x/control?token=${token}x`])
      expect((await fetch(local + path)).status, path).toBe(401);
    const entered = await fetch(`${local}?token=${token}`, { redirect: 'manual' });
    expect(entered.status).toBe(303);
    expect(entered.headers.get('location')).toBe('/');
    const cookie = entered.headers.get('set-cookie') ?? '';
    expect(cookie).toMatch(/HttpOnly/);
    expect(cookie).toMatch(/SameSite=Strict/);
    const [pair = ''] = cookie.split(';');
    expect((await fetch(local, { headers: { cookie: pair } })).status).toBe(200);
    expect((await ask(local, { cookie: pair, host: `${hostname().toLowerCase()}:${port}` })).status).toBe(200);
    expect((await ask(local, { cookie: pair, host: `evil.example:${port}` })).status).toBe(403);
    expect((await ask(local, { cookie: `${pair}0`, host: `127.0.0.1:${port}` })).status).toBe(401);
  });

  test('says what to do where it can not listen, and of a file', async () => {
    const taken = createServer();
    await new Promise<void>((done) => taken.listen(0, '127.0.0.1', done));
    const { port } = taken.address() as AddressInfo;
    const error = await refusal(serveRuns([folder], { port }));
    expect(error).toBeInstanceOf(DataError);
    expect(error.message).toContain('another program listens there');
    expect(error.message).toContain('--port 0');
    await new Promise((done) => taken.close(done));
    const elsewhere = await refusal(serveRuns([folder], { port: 0, host: '203.0.113.7' }));
    expect(elsewhere.message).toContain('this machine has no such address');
    await writeFile(join(folder, 'file'), '');
    await expect(serveRuns([join(folder, 'file')], { port: 0 })).rejects.toThrow(OptionError);
    for (const wrong of [{ port: -1 }, { port: 1.5 }, { port: 70_000 }, { host: '' }])
      await expect(serveRuns([folder], wrong)).rejects.toThrow(OptionError);
  });

  test('ends at once, though readers listen', async () => {
    await GrowingStudy.begin(join(folder, 'a'), 2);
    const server = await serveRuns([folder], { port: 0 });
    const client = await EventClient.open(server.url);
    const started = performance.now();
    await server[Symbol.asyncDispose]();
    expect(performance.now() - started).toBeLessThan(5000);
    await client[Symbol.asyncDispose]();
  });
});

test('two lists are aligned by what they have in common', () => {
  const rows = (a: string, b: string) => alignedBy([...a], [...b], (item) => item).map(([x = '-', y = '-']) => x + y);
  expect(rows('abcd', 'acxd')).toEqual(['aa', 'b-', 'cc', '-x', 'dd']);
  expect(rows('', 'ab')).toEqual(['-a', '-b']);
  expect(rows('ab', '')).toEqual(['a-', 'b-']);
  expect(rows('', '')).toEqual([]);
});
