import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const served = /^\/(dist|kernels-test\/support)\/[\w-]+\.m?js$/;

/** Serves an empty page at `url`, and beside it the modules of dist/ and kernels-test/support/ and those given by path, to this machine alone. */
export async function servePage(modules: Readonly<Record<string, string>> = {}): Promise<{ url: string } & AsyncDisposable> {
  const server = createServer(async (request, response) => {
    const path = new URL(request.url ?? '/', 'http://localhost').pathname;
    const text = modules[path] ?? (served.test(path) ? await readFile(join(root, path)).catch(() => undefined) : undefined);
    if (path === '/')
      response.setHeader('content-type', 'text/html').end('<!doctype html><meta charset="utf-8"><title>paredown</title>');
    else if (text === undefined) response.writeHead(404).end();
    else response.setHeader('content-type', 'text/javascript').end(text);
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
