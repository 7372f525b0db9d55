import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { distributionSources, mesaVersionsIn, planMesa } from '../scripts/setup/apt.mjs';
import { buildStale, packagesStale } from '../scripts/setup/freshness.mjs';

const program = fileURLToPath(new URL('../scripts/setup.mjs', import.meta.url));
let folder = '';

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'paredown-setup-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Writes files below the temporary folder, by their paths. */
async function files(contents: Record<string, string>): Promise<void> {
  for (const [path, text] of Object.entries(contents)) {
    await mkdir(join(folder, path, '..'), { recursive: true });
    await writeFile(join(folder, path), text);
  }
}

describe('where Mesa comes from', () => {
  const bookworm = { id: 'debian', like: '', codename: 'bookworm', name: 'Debian 12' };
  const ubuntu = { id: 'ubuntu', like: 'debian', codename: 'noble', name: 'Ubuntu 24.04' };
  const mirror = {
    types: 'deb',
    uris: 'http://mirror.test/debian',
    suites: 'bookworm',
    components: 'main contrib',
    'signed-by': '/key.gpg',
  };

  test("Debian 12's own is too old, so the backports of the same mirror are added and asked for by name", () => {
    expect(planMesa(bookworm, { candidate: '22.3.6-1+deb12u1', all: ['22.3.6-1+deb12u1'] }, mirror)).toEqual({
      target: 'bookworm-backports',
      add: { ...mirror, suites: 'bookworm-backports', components: 'main' },
    });
  });

  test('backports that the machine knows already are not added again', () => {
    const all = ['25.0.7-2~bpo12+1', '22.3.6-1+deb12u1'];
    expect(planMesa(bookworm, { candidate: '22.3.6-1+deb12u1', all }, mirror)).toEqual({ target: 'bookworm-backports' });
  });

  test('a Mesa that is new enough is installed as it is', () => {
    expect(planMesa(ubuntu, { candidate: '24.0.9-0ubuntu0.1', all: ['24.0.9-0ubuntu0.1'] }, undefined)).toEqual({});
  });

  test('where there is neither, there is no plan', () => {
    expect(planMesa(ubuntu, { candidate: '21.2.6', all: ['21.2.6'] }, undefined)).toBeUndefined();
  });

  test('the versions are those that apt-cache prints, the chosen one apart', () => {
    const policy = `mesa-vulkan-drivers:
  Installed: 25.0.7-2~bpo12+1
  Candidate: 25.0.7-2~bpo12+1
  Version table:
 *** 25.0.7-2~bpo12+1 100
        100 http://mirror.test/debian bookworm-backports/main amd64 Packages
        100 /var/lib/dpkg/status
     22.3.6-1+deb12u1 500
        500 http://mirror.test/debian bookworm/main amd64 Packages
`;
    expect(mesaVersionsIn(policy)).toEqual({ candidate: '25.0.7-2~bpo12+1', all: ['25.0.7-2~bpo12+1', '22.3.6-1+deb12u1'] });
    expect(mesaVersionsIn('')).toEqual({ candidate: undefined, all: [] });
  });

  test("apt's sources are read in both notations, and those of others are left out", async () => {
    await files({
      'apt/sources.list': '# deb http://off.test/debian bookworm main\ndeb-src http://mirror.test/debian bookworm main\n',
      'apt/sources.list.d/vendor.list':
        'deb [arch=amd64 signed-by=/v.gpg] http://vendor.test/apt bookworm main\ndeb http://x.test/a bookworm stable\n',
      'apt/sources.list.d/debian.sources': `# a note
Types: deb deb-src
URIs: http://mirror.test/debian
Suites: bookworm bookworm-updates
Components: main
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 abc

Types: deb
Enabled: no
URIs: http://off.test/debian
Suites: bookworm bookworm-updates
Components: main
`,
    });
    const { held, main } = distributionSources(bookworm, folder);
    expect(held.map(({ uris }) => uris).sort()).toEqual(['http://mirror.test/debian', 'http://vendor.test/apt']);
    expect(main).toMatchObject({ uris: 'http://mirror.test/debian', 'signed-by': expect.stringContaining('\n abc') });
  });
});

describe('what is stale', () => {
  const lock = (version: string) =>
    JSON.stringify({ packages: { '': {}, 'node_modules/a': { version }, 'node_modules/b': { version, optional: true } } });
  const installed = (version: string) => JSON.stringify({ packages: { 'node_modules/a': { version } } });

  test('packages are missing, as the lock file says, or of other versions', async () => {
    await files({ 'package-lock.json': lock('1.0.0') });
    expect(packagesStale(folder)).toContain('not installed');
    await files({ 'node_modules/.package-lock.json': installed('1.0.0') });
    expect(packagesStale(folder)).toBeUndefined();
    await files({ 'node_modules/.package-lock.json': installed('0.9.0') });
    expect(packagesStale(folder)).toContain('older than package-lock.json');
  });

  test('a build is missing, newer than its sources, or older than one of them, or than a folder that lost one', async () => {
    await files({ 'src/core/a.ts': '', 'shaders/b.wgsl': '' });
    expect(buildStale(folder)).toContain('no build');
    await files({ 'dist/index.js': '' });
    const at = (path: string, seconds: number) => utimes(join(folder, path), seconds, seconds);
    for (const path of ['src', 'src/core', 'src/core/a.ts', 'shaders', 'shaders/b.wgsl']) await at(path, 1000);
    await at('dist/index.js', 2000);
    expect(buildStale(folder)).toBeUndefined();
    await at('shaders/b.wgsl', 3000);
    expect(buildStale(folder)).toContain('shaders/b.wgsl');
    await at('shaders/b.wgsl', 1000);
    await at('src/core', 3000);
    expect(buildStale(folder)).toContain('src/core');
  });
});

describe('the job', () => {
  /** Runs the set-up with a job in Node, calls `during` once the job prints, and returns the exit code and what was printed. */
  async function job(code: string, during: (pid: number) => void = () => undefined) {
    const child = spawn(process.execPath, [program, '--no-adapter', '--', 'node', '-e', code], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let printed = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      if (printed === '') during(child.pid ?? 0);
      printed += text;
    });
    const exit = await new Promise((done) => child.on('close', done));
    return { exit, printed };
  }

  test('gives its exit code', async () => {
    expect(await job('process.exitCode = 7')).toEqual({ exit: 7, printed: '' });
  });

  test('sees one interrupt where two come at once, as npm sends them, and ends as it likes', async () => {
    const waits = `let count = 0;
      process.on('SIGINT', () => { count++; setTimeout(() => { console.log(count); process.exit(3); }, 400); });
      console.log('ready');
      setInterval(() => undefined, 1000);`;
    const twice = (pid: number) => {
      process.kill(pid, 'SIGINT');
      setTimeout(() => process.kill(pid, 'SIGINT'), 20);
    };
    expect(await job(waits, twice)).toEqual({ exit: 3, printed: 'ready\n1\n' });
  });

  test('killed by a signal ends the set-up with the code that a shell gives', async () => {
    expect(await job("process.kill(process.pid, 'SIGKILL')")).toMatchObject({ exit: 137 });
  });
});
