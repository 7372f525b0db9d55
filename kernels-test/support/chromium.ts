import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const served = /^\/(dist|kernels-test\/support)\/[\w-]+\.m?js$/;
const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'];

const flags = [
  '--headless=new',
  // WebGPU on SwiftShader, whatever the machine has: the page's results then depend on the machine as little as they can.
  '--enable-unsafe-webgpu',
  '--use-angle=swiftshader',
  '--enable-features=Vulkan',
  '--use-vulkan=swiftshader',
  '--use-webgpu-adapter=swiftshader',
  // A container has neither user namespaces for the sandbox nor a large /dev/shm.
  '--no-sandbox',
  '--disable-dev-shm-usage',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-extensions',
];

/** The browser to test with: the environment variable CHROME, else the first of its usual names in PATH. */
export function findChromium(): string | undefined {
  if (process.env.CHROME) return process.env.CHROME;
  const folders = (process.env.PATH ?? '').split(delimiter);
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find((path) => existsSync(path));
}

/**
 * Runs `script`, the body of an async function, in a page of headless Chromium that may import what dist/ and kernels-test/support/ hold, by
 * its path from the root, and returns what it returns, by way of JSON. Throws what it throws; a browser that ends or stays silent for `timeoutMs` is an error with its last words.
 */
export async function runInChromium(browser: string, script: string, timeoutMs = 240_000): Promise<unknown> {
  const profile = await mkdtemp(join(tmpdir(), 'paredown-chromium-'));
  const page = await servePage(script);
  const child = spawn(browser, [...flags, `--user-data-dir=${profile}`, page.url], {
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
  });
  let timer: NodeJS.Timeout | undefined;
  const failure = new Promise<never>((_, reject) => {
    let words = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      words = (words + text).slice(-4000);
    });
    const fail = (what: string) => reject(new Error(`${browser} ${what}; its last words:\n${words}`));
    child.on('error', (error) => fail(`does not start: ${error.message}`));
    child.on('exit', (code, signal) => fail(`ended (${signal ?? `exit code ${code}`}) before the page answered`));
    timer = setTimeout(() => fail(`gave no answer within ${timeoutMs / 1000} s`), timeoutMs);
  });
  try {
    const answer = await Promise.race([page.answer, failure]);
    if ('error' in answer) throw new Error(`in the page: ${answer.error}`);
    return answer.result;
  } finally {
    clearTimeout(timer);
    await end(child);
    page.close();
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

type Answer = { result: unknown } | { error: string };

/** Serves the page, the files of dist/ and the place where the page leaves its answer, to this machine alone. */
async function servePage(script: string): Promise<{ url: string; answer: Promise<Answer>; close(): void }> {
  const server = createServer();
  const answer = new Promise<Answer>((resolve) => {
    server.on('request', (request, response) => {
      serve(script, request, response, resolve).catch((error: unknown) => response.writeHead(500).end(String(error)));
    });
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { url: `http://127.0.0.1:${port}/`, answer, close };
}

async function serve(script: string, request: IncomingMessage, response: ServerResponse, answer: (answer: Answer) => void) {
  const path = new URL(request.url ?? '/', 'http://localhost').pathname;
  if (request.method === 'POST') {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    response.end();
    answer(JSON.parse(Buffer.concat(chunks).toString('utf8')) as Answer);
  } else if (served.test(path)) {
    response.setHeader('content-type', 'text/javascript').end(await readFile(join(root, path)));
  } else if (path === '/') {
    response.setHeader('content-type', 'text/html').end(html(script));
  } else {
    response.writeHead(404).end();
  }
}

const html = (script: string) => `<!doctype html><meta charset="utf-8"><title>paredown</title><script type="module">
const answer = (got) => fetch('/', { method: 'POST', body: JSON.stringify(got) });
try {
  answer({ result: await (async () => {${script}})() });
} catch (error) {
  answer({ error: String(error?.stack ?? error) });
}
</script>`;

/** Ends the browser with all of its processes, and waits until it is gone. */
async function end(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((done) => child.once('exit', done));
  process.kill(-child.pid, 'SIGKILL');
  await gone;
}
