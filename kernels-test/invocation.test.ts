import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { resumeCommand } from '../examples/baseline/options.ts';
import { paredownCommand, startedAs } from '../src/cli/common/invocation.ts';

const { argv } = process;
afterEach(() => {
  vi.unstubAllEnvs();
  process.argv = argv;
});

describe('a command that is printed for a person to type', () => {
  it('in a script of npm runs that script, which has the set-up', () => {
    vi.stubEnv('npm_lifecycle_event', 'paredown');
    expect(paredownCommand('search', '--study', 'a')).toBe('npm run paredown -- search --study a');
    vi.stubEnv('npm_lifecycle_event', 'table');
    expect(startedAs('table', ['dhingra-7'])).toBe('npm run table -- dhingra-7');
    expect(startedAs('table', [])).toBe('npm run table');
    expect(paredownCommand('search')).toBe('npx paredown search');
  });

  it('elsewhere names the program as it was started, and quotes what a shell would take apart', () => {
    vi.stubEnv('npm_lifecycle_event', 'npx');
    process.argv = ['node', join(process.cwd(), 'examples', 'my table.ts')];
    expect(startedAs('table', ['--rows', 'a|b'])).toBe("npx tsx 'examples/my table.ts' --rows 'a|b'");
    process.argv = ['node', join(process.cwd(), 'table.js')];
    expect(startedAs('table', [])).toBe('node table.js');
    expect(paredownCommand('search', 'best', 'my study')).toBe("npx paredown search best 'my study'");
  });

  it('of the baseline goes on with its run', () => {
    vi.stubEnv('npm_lifecycle_event', 'baseline');
    expect(resumeCommand({ out: 'a b', dataDir: 'd', resume: false, json: false })).toBe(
      "npm run baseline -- --resume --out 'a b' --data-dir d",
    );
  });
});
