// Lets Node import a .wgsl file, and a script of a page, as its text: node --import tsx --import ./scripts/wgsl-hook.mjs program.ts
// The file registers itself, and is loaded once more as the hook in the thread that hooks run in.
import { readFile } from 'node:fs/promises';
import { register } from 'node:module';
import { fileURLToPath } from 'node:url';
import { isMainThread } from 'node:worker_threads';
import { pageScriptModule } from './page-scripts.mjs';

/** @type {import('node:module').LoadHook} */
export const load = async (url, context, nextLoad) => {
  const { protocol, pathname, search } = new URL(url);
  if (protocol !== 'file:') return nextLoad(url, context);
  const script = await pageScriptModule(`${fileURLToPath(new URL(pathname, url))}${search}`);
  if (script !== undefined) return { format: 'module', shortCircuit: true, source: script };
  if (!pathname.endsWith('.wgsl')) return nextLoad(url, context);
  const text = await readFile(new URL(pathname, url), 'utf8');
  return { format: 'module', shortCircuit: true, source: `export default ${JSON.stringify(text)};` };
};

if (isMainThread) register(import.meta.url);
