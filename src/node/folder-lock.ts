import { randomBytes } from 'node:crypto';
import { open, readdir, readFile, readlink, unlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { DataError } from '../core/errors.ts';
import { makeFolder } from './files.ts';

/**
 * Each process puts up an empty file whose name says who it is, and then looks who else has one up: of two that overlap, one at
 * least put its file up before the other looked (L. Lamport, "The mutual exclusion problem", 1986, II.4), so both never get the
 * folder. No file is ever another process's in turn, so nothing is removed but what is known to be dead. Where two start in the same
 * moment, both withdraw and try again after a random time. Processes of several hosts on a network file system that lists folders
 * late, as NFS does by seconds, can miss each other where they start together.
 */
export async function lockFolder(folder: string): Promise<AsyncDisposable> {
  const path = resolve(folder);
  const self = await thisProcess();
  for (let attempt = 1; ; attempt++) {
    const own = join(path, nameOf(self, randomBytes(4).toString('hex')));
    await putUp(path, own);
    const remove = () => unlink(own).catch(nothingIfMissing);
    try {
      const holder = await otherHolder(path, own, self);
      if (holder === undefined) return { [Symbol.asyncDispose]: remove };
      await remove();
      if (attempt === ATTEMPTS) throw new DataError(`${path} is in use by ${holder}`);
    } catch (error) {
      await remove();
      throw error;
    }
    await new Promise((done) => setTimeout(done, MILLISECONDS * Math.random()));
  }
}

/** A process that has a folder. `isHere`: it is of this machine and container, and runs; of another it is not known whether it does. */
export interface Holder {
  readonly pid: number;
  readonly isHere: boolean;
}

/** Who has a folder; undefined where no process has. Nothing is written. */
export async function folderHolder(folder: string): Promise<Holder | undefined> {
  const self = await thisProcess();
  let holder: Holder | undefined;
  for (const name of await readdir(folder)) {
    const owner = name.startsWith(`${PREFIX},`) ? parseName(name) : undefined;
    if (!owner || (await isGone(owner, self))) continue;
    const isHere = owner.host === self.host && owner.namespace === self.namespace;
    if (isHere) return { pid: owner.pid, isHere };
    holder = { pid: owner.pid, isHere };
  }
  return holder;
}

/** A process that ends, or one that withdraws, is over with it in this time. */
const ATTEMPTS = 6;
const MILLISECONDS = 150;

/** Who a process is, for itself and those that come later; what the system does not tell is ''. */
export interface Owner {
  readonly pid: number;
  /** When it began, in clock ticks from the start of the machine: a process that got the same number later has another. */
  readonly start: string;
  readonly host: string;
  /** This run of the machine, from one start to the next. */
  readonly boot: string;
  /** The container, by its namespace of process numbers. */
  readonly namespace: string;
}

export async function thisProcess(): Promise<Owner> {
  return {
    pid: process.pid,
    start: (await statusOf(process.pid))?.start ?? '',
    host: hostname(),
    boot: await readFile('/proc/sys/kernel/random/boot_id', 'utf8').then((text) => text.trim(), nothing),
    namespace: await readlink('/proc/self/ns/pid').catch(nothing),
  };
}

const PREFIX = 'lock';

function nameOf({ pid, start, host, boot, namespace }: Owner, unique: string): string {
  return [PREFIX, pid, start, host, boot, namespace, unique].map(encodeURIComponent).join(',');
}

/** undefined for a name that `nameOf` does not make. */
function parseName(name: string): Owner | undefined {
  const fields = name.split(',').map(decoded);
  const [, number = '', start = '', host = '', boot = '', namespace = ''] = fields;
  const pid = Number(number);
  return fields.length === 7 && Number.isInteger(pid) && pid > 0 ? { pid, start, host, boot, namespace } : undefined;
}

function decoded(field: string): string {
  try {
    return decodeURIComponent(field);
  } catch {
    return field;
  }
}

async function putUp(folder: string, own: string): Promise<void> {
  await makeFolder(folder);
  try {
    await (await open(own, 'wx')).close();
  } catch (error) {
    throw new DataError(
      isReadOnly(error)
        ? `${folder} is read-only: nothing can be kept there; name another folder, or permit writing to it`
        : `${folder}: can't be locked: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    );
  }
}

function isReadOnly(error: unknown): boolean {
  return error instanceof Error && 'code' in error && ['EACCES', 'EPERM', 'EROFS'].includes(String(error.code));
}

/** Another process that has the folder, in words, or undefined; removes the files of those that are gone. */
async function otherHolder(folder: string, own: string, self: Owner): Promise<string | undefined> {
  let holder: string | undefined;
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    if (!name.startsWith(`${PREFIX},`) || path === own) continue;
    const owner = parseName(name);
    const found = owner ? await holderInWords(owner, self, path) : `an unknown process: remove ${path} if there is none`;
    if (found === undefined) await unlink(path).catch(nothingIfMissing);
    else holder ??= found;
  }
  return holder;
}

/** undefined where the owner is known to be gone. */
async function holderInWords(owner: Owner, self: Owner, path: string): Promise<string | undefined> {
  const process = `process ${owner.pid}`;
  if (owner.host !== self.host)
    return `${process} on the machine "${owner.host}", which can't be asked from here; if it has ended there, remove ${path}`;
  if (await isGone(owner, self)) return undefined;
  if (owner.namespace !== self.namespace)
    return `${process} of another container on this machine; if it has ended, remove ${path}`;
  if (owner.pid === self.pid) return `this process (${owner.pid}) already`;
  return `${process}; wait until it ends, stop it, or take another folder${owner.start === '' ? `. If it is none of paredown's, remove ${path}` : ''}`;
}

/** Whether a process is known to have ended: one of this machine and container. */
export async function isGone(owner: Owner, self: Owner): Promise<boolean> {
  if (owner.host !== self.host) return false;
  if (owner.boot !== '' && self.boot !== '' && owner.boot !== self.boot) return true;
  return owner.namespace === self.namespace && !(await runs(owner));
}

/** Whether a process of this machine and container still runs. */
async function runs({ pid, start }: Owner): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it runs, but is another user's.
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return false;
  }
  const status = await statusOf(pid);
  if (status === undefined) return true;
  // A process that ended but was not waited for is a zombie (Z), and then dead (X).
  if (status.state === 'Z' || status.state === 'X') return false;
  return start === '' || status.start === start;
}

/** The state and start of a process (proc(5), /proc/PID/stat, fields 3 and 22); undefined where the system does not tell. */
async function statusOf(pid: number): Promise<{ state: string; start: string } | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(nothing);
  // Field 2 is a name in parentheses, which may hold any character.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [state, start] = [fields[0], fields[19]];
  return state && start ? { state, start } : undefined;
}

const nothing = () => '';

function nothingIfMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}
