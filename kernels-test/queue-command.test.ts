import { readdir, readFile, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Command, useCommand } from './support/command.ts';
import { hasRedis, NO_REDIS, RedisServer, selfSigned } from './support/redis.ts';

/** Small networks alone, that train in a second. */
const SPACE = {
  format: 1,
  depth: [1, 1],
  blocks: [{ type: 'convolution', weight: 1, filters: [2, 16], kernels: [5], strides: [3], padding: ['same'] }],
  heads: [{ type: 'dense' }],
  activations: ['relu'],
  batchNorm: [false],
};
const PASSWORD = 'tell-nobody';

const { folder, start } = useCommand('queue');
const COMMON = ['search', '--data', 'digits', '--epochs', '0.5', '--space', 'space.json', '--rates', '0.02', '--floor', '0.5'];
const SEARCH = [...COMMON, '--workers', '2', '--trials', '4'];

interface Line {
  readonly number: number;
  readonly key: string;
  readonly outcome: object;
  readonly trainedBy?: { readonly worker: string };
}

async function trialsOf(study: string): Promise<Line[]> {
  const text = await readFile(join(folder(), study, 'trials.jsonl'), 'utf8');
  const lines: Line[] = text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));
  return lines.sort((a, b) => a.number - b.number);
}
const told = (lines: readonly Line[]) => lines.map(({ number, key, outcome }) => ({ number, key, outcome }));

describe.skipIf(process.env.PAREDOWN_TEST_DRIVER || !hasRedis)(`search --queue and worker${NO_REDIS}`, () => {
  let redis: RedisServer;
  beforeAll(async () => {
    redis = await RedisServer.start({ password: PASSWORD });
    await writeFile(join(folder(), 'space.json'), JSON.stringify(SPACE));
  });
  afterAll(() => redis[Symbol.asyncDispose]());

  const secretIn = ({ stdout, stderr }: Command) => `${stdout}${stderr}`.includes(PASSWORD);

  test('come to the trials of a search on one machine, tell who trained them, and tell nobody the password', async () => {
    const local = await start([...SEARCH, '--study', 'local', '--json'], { PAREDOWN_QUEUE: '' }).end();
    expect(local.stderr).toBe('');
    const worker = start(['worker', '--workers', '1', '--name', 'near'], { PAREDOWN_QUEUE: redis.url });
    const search = start([...SEARCH, '--study', 'queued', '--queue', redis.url]);
    const { code, stdout, stderr } = await search.end();
    expect(stderr).toBe('');
    expect(code).toBe(local.code);
    expect(stdout).toMatch(
      /^Trials go to redis:\/\/127\.0\.0\.1:\d+, at most 12 at once\. On each machine that is to train, and here:$/m,
    );
    expect(stdout).toContain(`\n  PAREDOWN_QUEUE=redis://:PASSWORD@${hostname()}:${redis.port} npx paredown worker\n`);
    expect(stdout).toContain('Worker near has joined\n');
    const trials = await trialsOf('queued');
    expect(told(trials)).toEqual(told(await trialsOf('local')));
    expect(trials.every(({ trainedBy }) => trainedBy?.worker === 'near')).toBe(true);
    expect(await readFile(join(folder(), 'queued', 'study.json'), 'utf8')).not.toContain(PASSWORD);
    await worker.until(() => worker.stdout.includes('Over: '));
    worker.child.kill('SIGINT');
    const left = await worker.end();
    expect(left.code).toBe(130);
    for (const line of [
      'near is at redis://127.0.0.1',
      'Joined: digits at 50%',
      'billion multiply-accumulates a second',
      'Over: ',
    ])
      expect(left.stdout).toContain(line);
    const figures = (text: string, pattern: RegExp) =>
      [...text.matchAll(pattern)].map(([, number, result]) => `${number}: ${result}`).sort();
    const figuresOfSearch = figures(stdout, /^ +(\d+) {2}[\d,]+ parameters +(\S+) /gm);
    expect(figuresOfSearch).toHaveLength(trials.length);
    expect(figures(left.stdout, /^Trial (\d+): (\S+?):? .*after/gm)).toEqual(figuresOfSearch);
    expect([secretIn(search), secretIn(worker)]).toEqual([false, false]);
  });

  test('a queue with a certificate of its own is reached where NODE_EXTRA_CA_CERTS names it, and else says so', async ({
    skip,
  }) => {
    const tls = selfSigned(folder());
    if (!tls) return skip('no openssl');
    await using guarded = await RedisServer.start({ password: PASSWORD, tls });
    const environment = { PAREDOWN_QUEUE: guarded.url };
    const known = start(['worker', '--name', 'near'], { ...environment, NODE_EXTRA_CA_CERTS: tls.certificate });
    const unknown = await start(['worker'], environment).end();
    expect(unknown).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('certificate. Where it has a certificate of your own'),
    });
    const plain = await start(['worker'], { PAREDOWN_QUEUE: guarded.url.replace('rediss', 'redis') }).end();
    expect(plain).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('Perhaps it speaks TLS there: write rediss:// then'),
    });
    const reverse = await start(['worker'], { PAREDOWN_QUEUE: redis.url.replace('redis', 'rediss') }).end();
    expect(reverse).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('perhaps it speaks no TLS there: write redis:// then'),
    });
    await known.until(() => known.stdout.includes(`near is at rediss://127.0.0.1:${guarded.port}`));
    known.child.kill('SIGINT');
    const { code, stderr } = await known.end();
    expect([code, stderr]).toEqual([130, expect.not.stringContaining('Warning')]);
  });

  test.each([
    [['worker'], 2, 'Give the queue: --queue redis://HOST:PORT'],
    [['worker', '--queu=redis://:tell-nobody@127.0.0.1:1'], 2, "unknown option '--queu=...'"],
    [[...SEARCH, '--queu=redis://:tell-nobody@127.0.0.1:1'], 2, "unknown option '--queu=...'"],
    [['worker', '--queue', 'redis://127.0.0.1:1?password=tell-nobody'], 2, 'The address of a queue is no address with a ?'],
    [['worker', '--queue', 'redis://:tell-nobody@'], 2, 'The address of a queue is no URL'],
    [['worker', '--queue', 'redis://:tell-nobody@127.0.0.1:1'], 1, 'The queue redis://127.0.0.1:1 is not to be reached'],
    [[...SEARCH, '--study', 'none', '--queue', 'redis://:tell-nobody@127.0.0.1:1'], 1, 'is not to be reached'],
  ])('%j ends with the reason', async (args, code, reason) => {
    const before = await readdir(folder());
    const command = start(args, { PAREDOWN_QUEUE: '' });
    const ended = await command.end();
    expect(ended.stderr).toContain(reason);
    expect(ended.code).toBe(code);
    expect(secretIn(command)).toBe(false);
    expect(await readdir(folder())).toEqual(before);
  });
});
