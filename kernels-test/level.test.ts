// Each test in a process of its own: what the engine keeps shows in the memory of the whole process.
import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';

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

test('300 architectures trained one after the other take at most a tenth more memory than 100', { timeout: 1_200_000 }, ({
  skip,
}) => {
  skip(process.env.PAREDOWN_TEST_LEVEL !== '1', 'takes minutes: npm run test:level');
  const [after100 = 0, after200 = 0, after300 = 0] = megabytes('architectures-process.ts');
  expect(after100).toBeGreaterThan(0);
  expect(after300, `${after100}, ${after200}, ${after300} MB`).toBeLessThan(1.1 * after100);
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
