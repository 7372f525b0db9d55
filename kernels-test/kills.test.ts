// A search over a queue whose processes are killed, as by a failing machine, beside the same search that nobody disturbs.
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { Random } from '../src/core/random.ts';
import { type Command, useCommand } from './support/command.ts';
import { until } from './support/processes.ts';
import { hasRedis, NO_REDIS, RedisServer } from './support/redis.ts';

/** The seed of the moments and victims; `npm run test:kills` has 1. */
const SEED = process.env.PAREDOWN_TEST_KILLS;
const KILLS = 20;

/** Small networks alone, that train in a second, and hardly a kernel to compile. */
const SPACE = {
  format: 1,
  depth: [1, 1],
  blocks: [{ type: 'convolution', weight: 1, filters: [2, 16], kernels: [5], strides: [3, 4, 6], padding: ['same'] }],
  heads: [{ type: 'dense' }],
  activations: ['relu'],
  batchNorm: [false],
};
const TRAINING = ['--epochs', '0.5', '--rates', '0.02', '--space', 'space.json', '--recipe', 'fixed'];
const SEARCH = ['search', '--data', 'digits', ...TRAINING, '--floor', '0.9', '--workers', '2'];
const BUDGET = ['--trials', '40'];

const { folder, start } = useCommand('kills');

async function readStudy(study: string) {
  const at = (name: string) => readFile(join(folder(), study, name), 'utf8');
  const lines = (await at('trials.jsonl')).split('\n').slice(0, -1);
  const records = lines
    .map((line) => JSON.parse(line) as { readonly number: number; readonly wallMs: number; readonly trainedBy?: object })
    .sort((a, b) => a.number - b.number);
  const { conclusions } = JSON.parse(await at('conclusions.json')) as {
    readonly conclusions: readonly { readonly date: string }[];
  };
  return { records, conclusions };
}

/** Without what may differ: times, and who trained. */
const told = ({ records, conclusions }: Awaited<ReturnType<typeof readStudy>>) => ({
  records: records.map(({ wallMs: _, trainedBy: __, ...record }) => record),
  conclusions: conclusions.map(({ date: _, ...conclusion }) => conclusion),
});

/** A command that is begun anew where it was killed. */
class Restarted {
  private command: Command | undefined;

  constructor(private readonly begin: () => Command) {}

  get running(): Command {
    this.command ??= this.begin();
    return this.command;
  }

  async kill(pause: number): Promise<void> {
    const { child, exit } = this.running;
    child.kill('SIGKILL');
    await exit;
    await setTimeout(pause);
    this.command = this.begin();
  }

  /** Begins it anew where it ended by itself, which it may only if the queue was away as it began. */
  revive(): void {
    const { child, stdout, stderr } = this.running;
    if (child.exitCode === null) return;
    expect(stderr, stdout).toContain('is not to be reached');
    this.command = this.begin();
  }
}

describe.skipIf(process.env.PAREDOWN_TEST_DRIVER || !hasRedis)(`a search over a queue${NO_REDIS}`, () => {
  test('whose coordinator, workers and Redis are killed twenty times comes to the study of one that never was', {
    timeout: 1_500_000,
  }, async ({ skip }) => {
    skip(SEED === undefined, 'takes minutes: npm run test:kills');
    await writeFile(join(folder(), 'space.json'), JSON.stringify(SPACE));
    const undisturbed = await start([...SEARCH, ...BUDGET, '--study', 'undisturbed'], { PAREDOWN_QUEUE: '' }).end();
    await using redis = await RedisServer.start();
    const environment = { PAREDOWN_QUEUE: redis.url };
    const search = new Restarted(() => start([...SEARCH, ...BUDGET, '--study', 'killed'], environment));
    const workers = ['one', 'two'].map(
      (name) => new Restarted(() => start(['worker', '--workers', '1', '--name', name], environment)),
    );
    const random = new Random(Number(SEED), 0);
    const victims = [
      search,
      ...workers,
      {
        kill: (pause: number) =>
          redis
            .kill()
            .then(() => setTimeout(pause))
            .then(() => redis.start()),
      },
    ];
    const all = [search, ...workers];
    const begun = async () => {
      for (const one of all) one.revive();
      return search.running.stdout.includes('Study: ');
    };
    await until(begun);
    for (let kill = 0; kill < KILLS; kill++) {
      await setTimeout(4000 * random.uniform());
      const victim = victims[random.below(victims.length)] ?? search;
      await victim.kill(2000 * random.uniform());
      for (const one of all) one.revive();
      if (kill !== KILLS / 2) continue;
      await until(begun);
      // Another one of the same study is refused, whichever way it comes.
      const other = await start([...SEARCH, '--study', 'killed'], environment).end();
      expect(other).toMatchObject({ code: 1, stderr: expect.stringMatching(/killed is in use by process \d+/) });
      await cp(join(folder(), 'killed'), join(folder(), 'copied'), {
        recursive: true,
        filter: (path) => !path.includes('lock,'),
      });
      const copy = await start(['search', '--study', 'copied'], environment).end();
      expect(copy).toMatchObject({ code: 1, stderr: expect.stringMatching(/already searched for over this queue, by process/) });
    }
    await until(begun);
    const { code, stderr } = await search.running.end();
    expect(code, stderr).toBe(undisturbed.code);
    expect(told(await readStudy('killed'))).toEqual(told(await readStudy('undisturbed')));
    const client = redis.client();
    const left = async () => (await client.keys('*')).filter((key) => !key.includes(':worker'));
    await expect.poll(left, { timeout: 60_000, interval: 500 }).toEqual([]);
    client.disconnect();
  });
});
