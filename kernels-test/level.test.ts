// Each test in a process of its own: what the engine keeps shows in the memory of the whole process.
import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { digits, SearchWorkers } from 'paredown/node';
import { expect, test } from 'vitest';
import { Random } from '../src/core/random.ts';
import { costsOf } from '../src/search/costs.ts';
import { sampleModel } from '../src/search/space/sample.ts';
import { DEFAULT_SPACE } from '../src/search/space/space.ts';
import { makeTrial } from '../src/search/trial.ts';
import { searchWorkersOf } from './support/processes.ts';

/** Resident megabytes that a script prints, one a line. */
function megabytes(script: string, ...args: string[]): number[] {
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    ['--import', 'tsx', '--import', './scripts/wgsl-hook.mjs', `kernels-test/support/${script}`, ...args],
    { encoding: 'utf8', timeout: 1_200_000 },
  );
  expect(status, stderr).toBe(0);
  return stdout.trim().split('\n').map(Number);
}

test('1,000 architectures trained one after the other take at most a tenth more memory than 500', { timeout: 1_200_000 }, ({
  skip,
}) => {
  skip(process.env.PAREDOWN_TEST_LEVEL !== '1', 'takes minutes: npm run test:level');
  const readings = megabytes('architectures-process.ts');
  expect(readings).toHaveLength(10);
  // The heap and the driver's own caches fill while the first hundreds are trained.
  const [after500 = 0, after1000 = 0] = [readings[4], readings[9]];
  expect(after500).toBeGreaterThan(0);
  expect(after1000, `${readings.join(', ')} MB`).toBeLessThan(1.1 * after500);
});

test('a worker of a search trains 300 networks and is replaced where it has grown: it never takes more than it may', {
  timeout: 1_200_000,
}, async ({ skip }) => {
  skip(process.env.PAREDOWN_TEST_LEVEL !== '1', 'takes minutes: npm run test:level');
  const { train, validation } = digits({ train: 320, test: 64 });
  const growthBytes = 256 * 2 ** 20;
  await using workers = await SearchWorkers.start({ train, validation }, { count: 1, threads: 1, growthBytes });
  const resident = async () => {
    const [id] = await searchWorkersOf(process.pid);
    return Number(/^VmRSS:\s+(\d+) kB/m.exec(await readFile(`/proc/${id}/status`, 'utf8'))?.[1]) * 1024;
  };
  // A tenth: no two processes begin with the same.
  const most = 1.1 * (await resident()) + growthBytes;
  for (let index = 1; index <= 300; index++) {
    const network = sampleModel(DEFAULT_SPACE, [28, 28, 1], 10, new Random(7, index));
    if (costsOf(network).macs > 300_000) continue;
    const origin = { strategy: 'test', change: 'drawn' };
    const trial = makeTrial(workers.context, { model: network, samples: 64, seeds: [1], rates: [0.01], origin });
    await workers.evaluators[0]?.evaluate(trial, { keep: false });
    // One process that has gone is followed by another, which may just be starting.
    const now = await resident().catch(() => 0);
    expect(now, `after ${index} networks`).toBeLessThan(most);
  }
});

test('a trainer fed with 60 data sets of 12 MB, each dropped, released or a view of one array, holds a few of them', {
  timeout: 600_000,
}, () => {
  for (const way of ['drop', 'release', 'views']) {
    const [after20 = 0, after40 = 0, after60 = 0] = megabytes('chunks-process.ts', way);
    expect(after20).toBeGreaterThan(0);
    // Two sets of garbage that is not collected yet, on both sides; 40 held ones would be 480 MB and more.
    expect(after60, `${way}: ${after20}, ${after40}, ${after60} MB`).toBeLessThan(after20 + 100);
  }
});
