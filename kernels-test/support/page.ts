import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

const config = fileURLToPath(new URL('../../examples/page/vite.config.ts', import.meta.url));
const library = fileURLToPath(new URL('../../dist/index.js', import.meta.url));
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.wasm': 'application/wasm',
};

interface DemoOptions {
  /** How many digits the page draws for itself, for epochs of a few steps [as many as it does]. */
  readonly digits?: { readonly train: number; readonly test: number };
}

interface DemoSite extends AsyncDisposable {
  readonly url: string;
  /** What was asked for so far, and its bytes as they lie on the disk. */
  readonly served: ReadonlyMap<string, Uint8Array>;
}

/** Builds the demo page into a folder of its own and serves it, to this machine alone, until it is disposed of. */
export async function serveDemo({ digits }: DemoOptions = {}): Promise<DemoSite> {
  const folder = await mkdtemp(join(tmpdir(), 'paredown-page-'));
  const few = join(folder, 'few-digits.js');
  if (digits)
    await writeFile(
      few,
      `export * from ${JSON.stringify(library)};
import { digits as drawn } from ${JSON.stringify(library)};
export const digits = () => drawn(${JSON.stringify(digits)});`,
    );
  const site = join(folder, 'site');
  await build({
    configFile: config,
    logLevel: 'error',
    build: { outDir: site },
    ...(digits && { resolve: { alias: { paredown: few } } }),
  });
  const served = new Map<string, Uint8Array>();
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    const path = normalize(pathname === '/' ? '/index.html' : pathname);
    const content = await readFile(join(site, path)).catch(() => undefined);
    if (content) served.set(path, content);
    if (content) response.setHeader('content-type', TYPES[extname(path)] ?? 'application/octet-stream').end(content);
    else response.writeHead(404).end();
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    served,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
      await rm(folder, { recursive: true, force: true });
    },
  };
}
