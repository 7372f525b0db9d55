import { readdir, readFile } from 'node:fs/promises';

/** Ids of the search workers that a process has started, or of those that do something, by their titles (proc(5); Linux alone). */
export async function searchWorkersOf(parent: number, doing = ''): Promise<number[]> {
  const ids = (await readdir('/proc')).map(Number).filter(Number.isInteger);
  const found = await Promise.all(
    ids.map(async (id) => ((await parentOf(id)) === parent && (await isSearchWorker(id, doing)) ? [id] : [])),
  );
  return found.flat().sort((a, b) => a - b);
}

/** Ids of the processes that a process has started, and of those that these have (proc(5); Linux alone). */
export async function descendantsOf(parent: number): Promise<number[]> {
  const ids = (await readdir('/proc')).map(Number).filter(Number.isInteger);
  const parents = new Map(await Promise.all(ids.map(async (id) => [id, await parentOf(id)] as const)));
  const below = (above: number): number[] => ids.filter((id) => parents.get(id) === above).flatMap((id) => [id, ...below(id)]);
  return below(parent);
}

/** Whether a process runs still; a zombie does not. */
export async function runs(id: number): Promise<boolean> {
  const state = (await statusOf(id))[0];
  return state !== undefined && state !== 'Z' && state !== 'X';
}

/** Waits until `reached`; throws after a minute. */
export async function until(reached: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + 60_000;
  while (!(await reached())) {
    if (performance.now() > end) throw new Error(`not reached within a minute: ${reached}`);
    await new Promise((done) => setTimeout(done, 20));
  }
}

const nothing = () => '';

async function isSearchWorker(id: number, doing: string): Promise<boolean> {
  const title = await readFile(`/proc/${id}/cmdline`, 'utf8').catch(nothing);
  return title.includes('search-worker') && title.includes(doing);
}

async function parentOf(id: number): Promise<number> {
  return Number((await statusOf(id))[1]);
}

/** State, parent and the rest: what stands behind the name, which is in parentheses and may hold any character. */
async function statusOf(id: number): Promise<string[]> {
  const text = await readFile(`/proc/${id}/stat`, 'utf8').catch(nothing);
  return text === '' ? [] : text.slice(text.lastIndexOf(')') + 2).split(' ');
}
