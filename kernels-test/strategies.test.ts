import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

function strategies(...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', 'examples/strategies.ts', ...args], {
    cwd: ROOT,
    encoding: 'utf8',
    env: { ...process.env, DEBUG: '', PAREDOWN_DATA: '' },
  });
  return { status, stdout, stderr };
}

test.each([
  ['(', /^option '--only <regex>' argument '\(' is invalid. It must be a regular expression\./],
  ['darwin', /^--only darwin: there are evolve, greedy, model, pare, random$/m],
])('strategies --only %s is refused before an adapter is looked for', (only, message) => {
  const { status, stdout, stderr } = strategies('--only', only, '--data-dir', 'nowhere');
  expect([status, stdout]).toEqual([2, '']);
  expect(stderr).toMatch(message);
});

test('no command of the help runs a strategy that it does not name', () => {
  const { status, stdout } = strategies('--help');
  expect(status).toBe(0);
  const commands = stdout.match(/^ *npm run strategies.*$/gm) ?? [];
  expect(commands.length).toBeGreaterThan(1);
  for (const command of commands) expect(command).toContain('--only');
});
