import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, vi } from 'vitest';

/** An idx file of `count` images of `side` x `side` bytes, at most 255 of them. */
export function idxImages(count: number, side = 28): Uint8Array {
  const data = Uint8Array.from({ length: count * side * side }, (_, i) => (i * 31 + (i >> 5)) & 255);
  return new Uint8Array([0, 0, 8, 3, 0, 0, 0, count, 0, 0, 0, side, 0, 0, 0, side, ...data]);
}

/** An idx file of `count` labels. */
export function idxLabels(count: number, label = (index: number) => index % 10): Uint8Array {
  return new Uint8Array([0, 0, 8, 1, 0, 0, 0, count, ...Array.from({ length: count }, (_, index) => label(index))]);
}

/** Writes files into a folder, which it makes, and tells its path. */
export async function put(directory: string, files: Readonly<Record<string, Uint8Array>>): Promise<string> {
  await mkdir(directory, { recursive: true });
  for (const [name, bytes] of Object.entries(files)) await writeFile(join(directory, name), bytes);
  return directory;
}

/** What a promise was rejected with. */
export async function refusal(promise: Promise<unknown>): Promise<Error> {
  return promise.then(
    () => {
      throw new Error('it was accepted');
    },
    (error: Error) => error,
  );
}

/** For each test a folder of its own, with the user's caches in it and no PAREDOWN_DATA; tells the folder of the moment. */
export function useDataFolder(): () => string {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'paredown-data-'));
    vi.stubEnv('PAREDOWN_DATA', '');
    vi.stubEnv('XDG_CACHE_HOME', join(folder, 'caches'));
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await rm(folder, { recursive: true, force: true });
  });
  return () => folder;
}

/** A server on this machine that `answer` answers for; `url` ends with a slash, `name` is what follows it. */
export async function serve(
  answer: (name: string, response: ServerResponse) => void,
): Promise<{ url: string; close(): Promise<void> }> {
  const server = createServer((request, response) => answer(request.url?.slice(1) ?? '', response));
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}
