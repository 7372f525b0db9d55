// What a bundle of some names of the package costs a page: node scripts/bundle-size.mjs openGpu classifier decodeModel
// By esbuild, minified, of dist/ as it was built last; bytes of JavaScript after gzip.
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const names = process.argv.slice(2).join(', ');
if (names === '') throw new Error('Which names? Write: node scripts/bundle-size.mjs openGpu classifier decodeModel');
const dist = fileURLToPath(new URL('../dist', import.meta.url));

/** @param {boolean} splitting */
async function bundle(splitting) {
  const { metafile, outputFiles } = await build({
    stdin: { contents: `export { ${names} } from './index.js';`, resolveDir: dist, sourcefile: 'entry.js' },
    outdir: dist,
    external: ['h5wasm'],
    bundle: true,
    splitting,
    format: 'esm',
    platform: 'browser',
    minify: true,
    metafile: true,
    write: false,
    // dist/ has imports for the sake of order alone, which a bundler leaves out.
    logOverride: { 'ignored-bare-import': 'silent' },
  });
  const bytes = new Map(
    outputFiles.map(({ path, contents }) => [path.replaceAll('\\', '/').split('/').at(-1), gzipSync(contents).byteLength]),
  );
  /** @param {string} path */
  const sizeOf = (path) => bytes.get(path.split('/').at(-1)) ?? 0;
  return { outputs: metafile.outputs, sizeOf };
}

/** @param {import('esbuild').Metafile['outputs']} outputs @param {string} path */
function loadedWith(outputs, path, seen = new Set()) {
  if (seen.has(path)) return seen;
  seen.add(path);
  for (const { kind, path: imported } of outputs[path]?.imports ?? [])
    if (kind === 'import-statement') loadedWith(outputs, imported, seen);
  return seen;
}

const { outputs, sizeOf } = await bundle(true);
const entry = Object.keys(outputs).find((path) => path.endsWith('stdin.js')) ?? '';
const atFirst = loadedWith(outputs, entry);
const sum = (/** @type {Iterable<string>} */ paths) => [...paths].reduce((bytes, path) => bytes + sizeOf(path), 0);
console.log(`at first ${sum(atFirst)}`);
const later = (outputs[entry]?.imports ?? []).filter(({ kind }) => kind === 'dynamic-import').map(({ path }) => path);
const everything = new Set(atFirst);
for (const path of new Set(later)) {
  const added = [...loadedWith(outputs, path)].filter((one) => !atFirst.has(one));
  for (const one of added) everything.add(one);
  console.log(`  with ${outputs[path]?.exports.join(', ')} ${sum(added)} more`);
}
console.log(`with all of these ${sum(everything)}`);
const one = await bundle(false);
console.log(`in one file ${Object.keys(one.outputs).reduce((bytes, path) => bytes + one.sizeOf(path), 0)}`);
