import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DataError } from '../src/core/errors.ts';
import { lockFolder } from '../src/node/folder-lock.ts';
import { refusal } from './support/data-files.ts';

let folder = '';
let children: ChildProcess[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'paredown-lock-'));
});
afterEach(async () => {
  for (const child of children) child.kill('SIGKILL');
  children = [];
  await rm(folder, { recursive: true, force: true });
});

const PROGRAM = fileURLToPath(new URL('support/lock-process.ts', import.meta.url));

function start(...options: string[]) {
  const child = spawn(process.execPath, ['--import', 'tsx', PROGRAM, folder, ...options], { stdio: ['pipe', 'pipe', 'inherit'] });
  children.push(child);
  const ended = new Promise((done) => child.on('close', done));
  return { child, ended };
}

/** A process that has the folder. */
async function holder() {
  const { child, ended } = start();
  await new Promise((told) => child.stdout.once('data', told));
  return { child, ended, pid: child.pid as number };
}

/** Takes the folder and gives it back. */
async function takeOnce() {
  await using _lock = await lockFolder(folder);
}

describe('lockFolder', () => {
  it('refuses a second process, and names the first', async () => {
    const { child, ended, pid } = await holder();
    const error = await refusal(lockFolder(folder));
    expect(error).toBeInstanceOf(DataError);
    expect(error.message).toMatch(`${folder} is in use by process ${pid}; wait until it ends`);
    expect(await readdir(folder)).toHaveLength(1);
    child.stdin.end();
    await ended;
    expect(await readdir(folder)).toEqual([]);
    await takeOnce();
  });

  it('takes over from a process that was killed', async () => {
    const { child, ended } = await holder();
    child.kill('SIGKILL');
    await ended;
    expect(await readdir(folder)).toHaveLength(1);
    await takeOnce();
    expect(await readdir(folder)).toEqual([]);
  });

  it.skipIf(process.platform === 'win32')('respects a process that is stopped, however long it is silent', async () => {
    const { child, pid } = await holder();
    child.kill('SIGSTOP');
    expect((await refusal(lockFolder(folder))).message).toContain(`process ${pid}`);
  });

  it('refuses this process a second time', async () => {
    const lock = await lockFolder(folder);
    expect((await refusal(lockFolder(folder))).message).toMatch(`this process (${process.pid}) already`);
    await lock[Symbol.asyncDispose]();
    await lock[Symbol.asyncDispose]();
    await takeOnce();
  });

  it('makes the folder where there is none', async () => {
    folder = join(folder, 'a', 'b');
    await takeOnce();
    expect(await readdir(folder)).toEqual([]);
  });

  it('tells why a folder cannot be locked', async () => {
    await writeFile(join(folder, 'file'), '');
    const error = await refusal(lockFolder(join(folder, 'file')));
    expect(error).toBeInstanceOf(DataError);
    expect(error.message).toMatch(/file: cannot be made: .* is a file, and a folder was expected/);
  });

  it('lets one of many in at a time', async () => {
    const processes = Array.from({ length: 4 }, () => start('25'));
    const told = processes.map(({ child }) => child.stdout.toArray());
    await Promise.all(processes.map(({ ended }) => ended));
    const lines = (await Promise.all(told)).flatMap((pieces) => Buffer.concat(pieces).toString().trim().split('\n'));
    expect(lines).toHaveLength(100);
    expect(lines).not.toContain('clash');
    expect(lines.filter((line) => line === 'alone').length).toBeGreaterThan(0);
    expect(await readdir(folder)).toEqual([]);
  });
});

describe.runIf(process.platform === 'linux')('a lock left behind', () => {
  /** A lock of this process, with other fields. */
  async function leave(changes: {
    pid?: number;
    start?: string;
    host?: string;
    boot?: string;
    namespace?: string;
  }): Promise<void> {
    const stat = await readFile('/proc/self/stat', 'utf8');
    const owner = {
      pid: process.ppid,
      start: stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '',
      host: hostname(),
      boot: (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim(),
      namespace: await readlink('/proc/self/ns/pid'),
      ...changes,
    };
    const fields = ['lock', owner.pid, owner.start, owner.host, owner.boot, owner.namespace, 'ab'];
    await writeFile(join(folder, fields.map(encodeURIComponent).join(',')), '');
  }
  const taken = async () => {
    await takeOnce();
    return (await readdir(folder)).length === 0;
  };

  it('by a process whose number another has now is taken over', async () => {
    await leave({ start: '1' });
    expect(await taken()).toBe(true);
    await leave({ pid: process.pid, start: '1' });
    expect(await taken()).toBe(true);
  });

  it('by a process that ended, but was not waited for, is taken over', async () => {
    // The shell's child ends; what the shell has become by then never waits for it, as a shell may at any time.
    const child = spawn('sh', ['-c', 'cat <&3 & echo $!; exec sleep 100'], { stdio: ['ignore', 'pipe', 'inherit', 'pipe'] });
    children.push(child);
    const pid = Number(await new Promise((told) => child.stdout?.once('data', told)));
    const turn = () => new Promise((done) => setTimeout(done, 10));
    while ((await readFile(`/proc/${child.pid}/comm`, 'utf8')).trim() !== 'sleep') await turn();
    (child.stdio[3] as Writable).end();
    const fields = async () => (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ')[1]?.split(' ') ?? [];
    while ((await fields())[0] !== 'Z') await turn();
    await leave({ pid, start: (await fields())[19] ?? '' });
    expect(await taken()).toBe(true);
  });

  it('by a process that does not tell when it began is respected while one of its number runs', async () => {
    await leave({ start: '' });
    expect((await refusal(lockFolder(folder))).message).toMatch(new RegExp(`process ${process.ppid}; .* remove ${folder}/lock,`));
  });

  it('before the machine started anew is taken over', async () => {
    await leave({ boot: '00000000-0000-0000-0000-000000000000', namespace: 'pid:[1]' });
    expect(await taken()).toBe(true);
  });

  it('on another machine is respected, with its name and what to do', async () => {
    await leave({ host: 'über, host', pid: 2 ** 30 });
    const { message } = await refusal(lockFolder(folder));
    expect(message).toMatch(`process ${2 ** 30} on the machine "über, host", which can't be asked from here`);
    expect(message).toMatch(/if it has ended there, remove .*lock,1073741824,/);
  });

  it('in another container is respected', async () => {
    await leave({ namespace: 'pid:[1]', pid: 2 ** 30 });
    expect((await refusal(lockFolder(folder))).message).toMatch(/process 1073741824 of another container on this machine/);
  });

  it('under a name that tells nothing is respected', async () => {
    await writeFile(join(folder, 'lock,x'), '');
    expect((await refusal(lockFolder(folder))).message).toMatch(/an unknown process: remove .*lock,x if there is none/);
  });
});

it.runIf(process.platform === 'linux')('a folder that may not be written to is called read-only', async () => {
  await expect(lockFolder('/sys')).rejects.toThrow('/sys is read-only: nothing can be kept there; name another folder');
});
