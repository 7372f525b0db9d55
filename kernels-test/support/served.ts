import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const served = /^\/(dist|dist\/public|kernels-test\/support)\/[\w-]+\.m?js$/;

/** A file's content, or where it lies, from the repository's root. */
export type Served = string | Uint8Array | { readonly file: string };

/**
 * Serves an empty page at `url`, and beside it the modules of dist/, dist/public/ and kernels-test/support/ and what is given by path, to this machine
 * alone. What is added to `given` later is served too.
 */
export async function servePage(given: Readonly<Record<string, Served>> = {}): Promise<{ url: string } & AsyncDisposable> {
  const server = createServer(async (request, response) => {
    const path = new URL(request.url ?? '/', 'http://localhost').pathname;
    const content = given[path] ?? (served.test(path) ? { file: path } : undefined);
    const data =
      typeof content === 'object' && 'file' in content
        ? await readFile(join(root, content.file)).catch(() => undefined)
        : content;
    if (path === '/')
      response.setHeader('content-type', 'text/html').end('<!doctype html><meta charset="utf-8"><title>paredown</title>');
    else if (data === undefined) response.writeHead(404).end();
    else response.setHeader('content-type', path.endsWith('.wasm') ? 'application/wasm' : 'text/javascript').end(data);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}
