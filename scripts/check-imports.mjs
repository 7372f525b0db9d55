// Checks the import directions of the house, type imports included:
// - a folder of src/ imports only folders above it in the list below, some of them fewer, and no files import each other in a circle,
//   those of bench/ and kernels-test/ included;
// - only what is for Node alone imports Node's modules or `webgpu`; examples and commands (src/cli/) import the package as its users do;
// - nothing imports a test, or an example but the tests.
// Prints each import that breaks a rule as path:line and then exits with 1.   node scripts/check-imports.mjs [ROOT]
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folders of src/ from the ground up. `may` narrows what a folder imports where all above it is too much. */
const folders = [
  { name: 'core' },
  { name: 'gpu' },
  { name: 'kernels' },
  { name: 'reference', may: ['core'] },
  { name: 'graph' },
  { name: 'ops' },
  { name: 'plan' },
  { name: 'tune' },
  { name: 'model' },
  { name: 'inherit', may: ['core', 'graph', 'ops', 'model'] },
  { name: 'data', may: ['core'] },
  { name: 'deploy', may: ['core', 'reference', 'graph', 'ops', 'model'] },
  { name: 'quantize' },
  { name: 'formats', may: ['core', 'model', 'data', 'quantize'] },
  { name: 'import', may: ['core', 'model', 'data', 'formats'] },
  { name: 'compress', may: ['core', 'model', 'inherit', 'data', 'formats', 'deploy', 'quantize'] },
  { name: 'train' },
  { name: 'export', may: ['core', 'reference', 'graph', 'ops', 'model', 'data', 'formats', 'deploy', 'quantize', 'compress'] },
  { name: 'program' },
  { name: 'zoo' },
  { name: 'search' },
  { name: 'chain' },
  { name: 'report' },
  { name: 'papers' },
  { name: 'public' },
  { name: 'node' },
  { name: 'cli' },
];
const order = folders.map((folder) => folder.name);

/** What runs in Node alone. */
const nodeOnly = /^src\/(node\.ts|node\/|cli\/|gpu\/(dawn|user-cache)\.ts)/;

/** @typedef {{ from: string, line: number, specifier: string, target: string | undefined, lazy: boolean }} Import */

/** All imports and re-exports of a file; `target` is the path below `root` of a relative one. @param {string} root @param {string} from */
function importsOf(root, from) {
  const text = readFileSync(join(root, from), 'utf8');
  const statement = /^[ \t]*(?:import|export)\b(?:[^'";]*?\bfrom)?\s*'(?<name>[^']+)'|\bimport\(\s*'(?<lazy>[^']+)'\s*\)/gm;
  return [...text.matchAll(statement)].map(({ index, groups }) => {
    const specifier = groups?.name ?? groups?.lazy ?? '';
    const target = specifier.startsWith('.') ? posix(relative(root, resolve(root, dirname(from), specifier))) : undefined;
    // An import() may close a circle: it is not followed while the modules load.
    const lazy = groups?.lazy !== undefined;
    return { from, line: text.slice(0, index).split('\n').length, specifier, target, lazy };
  });
}

/** @param {string} path */
const posix = (path) => path.split(sep).join('/');

/** The folder of src/ that holds `path`; undefined for src/*.ts and for what is outside. @param {string} path */
const folderOf = (path) => /^src\/([^/]+)\//.exec(path)?.[1];

/** What is wrong with an import; undefined when nothing is. @param {Import} imported */
function fault({ from, specifier, target }) {
  if (target === undefined) {
    const node = specifier === 'webgpu' || specifier.startsWith('node:') || builtinModules.includes(specifier);
    return node && from.startsWith('src/') && !nodeOnly.test(from) ? 'must run in a browser too' : undefined;
  }
  if (from.startsWith('examples/'))
    return /^(examples|src\/cli\/common)\//.test(target)
      ? undefined
      : "examples import 'paredown' and 'paredown/node', and what they share with the commands, src/cli/common/";
  if (from.startsWith('src/cli/')) return target.startsWith('src/cli/') ? undefined : "commands import 'paredown/node'";
  if (target.endsWith('.test.ts')) return 'nothing imports a test';
  if (from.startsWith('bench/') && target.startsWith('examples/')) return 'bench/ imports no example';
  if (!from.startsWith('src/') || target.startsWith('shaders/')) return undefined;
  if (!target.startsWith('src/')) return 'src/ imports nothing outside src/ and shaders/';
  if (nodeOnly.test(target) && !nodeOnly.test(from)) return `${target} is for Node alone`;
  const folder = folderOf(from);
  const other = folderOf(target);
  if (folder === undefined || folder === other) return undefined;
  if (other === undefined) return `a folder imports no entry of the package (${target})`;
  const may = folders[order.indexOf(folder)]?.may ?? order.slice(0, order.indexOf(folder));
  if (may.includes(other)) return undefined;
  return `${folder} may import ${may.length > 0 ? may.join(', ') : 'no other folder'}, not ${other}`;
}

/** The first circle among imports, as the paths along it; type imports count. @param {Import[]} imports */
function circle(imports) {
  /** @type {Map<string, string[]>} */
  const next = new Map();
  for (const { from, target, lazy } of imports) {
    if (target !== undefined && !lazy) next.set(from, [...(next.get(from) ?? []), target]);
  }
  /** @type {Set<string>} */
  const done = new Set();
  /** @type {(path: string, trail: string[]) => string[] | undefined} */
  const visit = (path, trail) => {
    if (trail.includes(path)) return [...trail.slice(trail.indexOf(path)), path];
    if (done.has(path)) return undefined;
    for (const target of next.get(path) ?? []) {
      const found = visit(target, [...trail, path]);
      if (found) return found;
    }
    done.add(path);
    return undefined;
  };
  for (const path of next.keys()) {
    const found = visit(path, []);
    if (found) return found;
  }
  return undefined;
}

const root = resolve(process.argv[2] ?? fileURLToPath(new URL('..', import.meta.url)));
const files = ['src', 'examples', 'bench', 'kernels-test'].flatMap((top) =>
  existsSync(join(root, top))
    ? readdirSync(join(root, top), { recursive: true, encoding: 'utf8' })
        .map((name) => `${top}/${posix(name)}`)
        .filter((path) => /\.m?[jt]s$/.test(path) && !path.includes('/node_modules/'))
    : [],
);
const unknown = [...new Set(files.flatMap((path) => folderOf(path) ?? []))].filter((name) => !order.includes(name));
const imports = files.flatMap((path) => importsOf(root, path));
const problems = [
  ...unknown.map((name) => `src/${name}/: no such folder in the list of scripts/check-imports.mjs; give it its place there`),
  ...imports.flatMap((imported) => {
    const wrong = fault(imported);
    return wrong === undefined ? [] : `${imported.from}:${imported.line}: imports '${imported.specifier}': ${wrong}`;
  }),
  ...[circle(imports)].flatMap((path) => (path ? `imports in a circle: ${path.join(' -> ')}` : [])),
];
for (const problem of problems) process.stderr.write(`${problem}\n`);
if (problems.length > 0) process.exitCode = 1;
else process.stdout.write(`imports: ${imports.length} in ${files.length} files keep their directions\n`);
