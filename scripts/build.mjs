// Builds dist/: src/index.ts, src/node.ts and src/graph.ts as ES modules with the shaders inside, and their .d.ts; and cli.js, the bin.
// The three share chunks, so a class is the same from all of them. Packages are bundled, but for those that package.json lists as
// dependencies for what is loaded at run time or named in the declarations. A build that fails leaves the old dist/ as it was.
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, posix, relative, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { pageScripts } from './page-scripts.mjs';

const entries = ['index', 'node', 'graph'];
const browserEntries = ['index', 'graph'];
/** Loaded when something first needs it, with an error that says how to install it. */
const optional = ['h5wasm', 'bullmq', 'ioredis'];
/** What the package starts as processes of their own. */
const programs = [
  { in: 'src/node/search-worker.ts', out: 'search-worker' },
  { in: 'src/node/judge/judge-worker.ts', out: 'judge-worker' },
];

// A user's compiler may know neither WebGPU nor Symbol.asyncDispose by itself. From TypeScript 6 on WebGPU is part of the DOM library,
// with which @webgpu/types clashes; before, @webgpu/types was the only source, so package.json sends TypeScript 5 to entries of its own.
const header = '/// <reference lib="esnext.disposable" />\n/// <reference lib="dom" />\n';
const typescript5Header = '/// <reference types="@webgpu/types" />\n';

/** @param {string} message @returns {never} */
function fail(message) {
  throw new Error(message);
}

/** Loads shaders as text, without comments, indentation and empty lines: users load half as much. Imports are comments that stay. */
const shaders = /** @type {import('esbuild').Plugin} */ ({
  name: 'shaders',
  setup(building) {
    building.onLoad({ filter: /\.wgsl$/ }, ({ path }) => ({
      contents: readFileSync(path, 'utf8')
        .replace(/[ \t]*\/\/(?!#).*/g, '')
        .replace(/^\s+/gm, ''),
      loader: 'text',
    }));
  },
});

/**
 * The parts of the public face as entries of their own, so that what one of them needs and others do not lies in chunks of its own: a bundler
 * drops chunks, but keeps of a chunk whatever it can't tell to have no effect. @param {string} root
 */
function parts(root) {
  const names = readdirSync(join(root, 'src', 'public')).filter((name) => name.endsWith('.ts'));
  return names.map((name) => ({ in: `src/public/${name}`, out: `public/${name.slice(0, -3)}` }));
}

/**
 * index.js names the parts of the public face as modules, and node.js index.js: of a module that has to do with all others a bundler would
 * think that it needs what each of them does.
 */
const facade = /** @type {import('esbuild').Plugin} */ ({
  name: 'facade',
  setup(building) {
    const named =
      (/** @type {string} */ from) =>
      (/** @type {import('esbuild').OnResolveArgs} */ { importer, path }) =>
        relative(join(building.initialOptions.absWorkingDir ?? '', 'src'), importer) === from
          ? { path: path.replace(/\.ts$/, '.js'), external: true }
          : undefined;
    building.onResolve({ filter: /^\.\/public\/[\w-]+\.ts$/ }, named('index.ts'));
    building.onResolve({ filter: /^\.\/index\.ts$/ }, named('node.ts'));
  },
});

/** Bundles the entries into `folder` and returns what esbuild knows of the outputs. @param {string} root @param {string} folder */
async function bundle(root, folder) {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: [...entries.map((name) => ({ in: `src/${name}.ts`, out: name })), ...programs, ...parts(root)],
    outdir: folder,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    target: 'es2022',
    plugins: [shaders, pageScripts, facade],
    external: ['node:*', 'webgpu', ...optional],
    chunkNames: 'chunk-[hash]',
    sourcemap: true,
    metafile: true,
    logLevel: 'warning',
  });
  return metafile.outputs;
}

/** Bundles the commands of `npx paredown` into `folder`: Node programs that import the package as its users do. @param {string} root @param {string} folder */
async function bundleCommands(root, folder) {
  await build({
    absWorkingDir: root,
    entryPoints: { cli: 'src/cli/main.ts' },
    outdir: folder,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    packages: 'external',
    sourcemap: true,
    logLevel: 'warning',
  });
}

/** Bundles the script of the pages that `serveRuns` serves into `folder`. @param {string} root @param {string} folder */
async function bundleServedScript(root, folder) {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: { 'serve-client': 'src/report/served/client.ts' },
    outdir: folder,
    bundle: true,
    format: 'iife',
    platform: 'browser',
    target: 'es2022',
    minify: true,
    metafile: true,
    logLevel: 'warning',
  });
  return metafile.outputs;
}

/**
 * A browser must never meet `webgpu` or a module of Node's, nor what is optional but by import(): follows every import, dynamic ones too,
 * from the entries that browsers load.
 * @param {import('esbuild').Metafile['outputs']} outputs
 */
function checkBrowserImports(outputs) {
  const seen = new Set();
  const queue = Object.keys(outputs).filter((path) =>
    browserEntries.some((name) => outputs[path]?.entryPoint === `src/${name}.ts`),
  );
  for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
    if (seen.has(path)) continue;
    seen.add(path);
    const { imports, inputs } = outputs[path] ?? fail(`build: no output ${path}`);
    for (const imported of imports) {
      if (!imported.external) queue.push(imported.path);
      else if (imported.path.startsWith('./')) queue.push(posix.join(posix.dirname(path), imported.path));
      else if (imported.kind === 'dynamic-import' && optional.includes(imported.path)) continue;
      else
        fail(
          `build: the browser's bundle imports '${imported.path}'; it comes from one of\n  ${Object.keys(inputs).join('\n  ')}`,
        );
    }
  }
}

/**
 * Writes the licences of the packages that the bundles hold, since who installs this one does not install those.
 * @param {string} root @param {string} folder @param {import('esbuild').Metafile['outputs']} outputs
 */
function writeLicences(root, folder, outputs) {
  const inputs = Object.values(outputs).flatMap((output) => Object.keys(output.inputs));
  const bundled = inputs.flatMap((path) => /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? []);
  const texts = [...new Set(bundled)].sort().map((name) => {
    const from = join(root, 'node_modules', name);
    const { version, license } = JSON.parse(readFileSync(join(from, 'package.json'), 'utf8'));
    const files = readdirSync(from, { recursive: true, encoding: 'utf8' })
      .filter((file) => /^(licen[cs]e|notice)[^/\\]*([/\\][^/\\]+)?$/i.test(file) && statSync(join(from, file)).isFile())
      .sort();
    return [`${name} ${version} (${license})`, ...files.map((file) => readFileSync(join(from, file), 'utf8').trim())].join(
      '\n\n',
    );
  });
  writeFileSync(join(folder, 'third-party-licences.txt'), `${texts.join(`\n\n${'-'.repeat(80)}\n\n`)}\n`);
}

/** Writes the declarations of the entries and of what they import into `folder`. @param {string} root @param {string} folder */
async function declare(root, folder) {
  const packageFile = createRequire(join(root, 'package.json')).resolve('typescript/package.json');
  const compiler = join(packageFile, '..', JSON.parse(readFileSync(packageFile, 'utf8')).bin.tsc);
  const run = promisify(execFile);
  await run(process.execPath, [compiler, '-p', 'tsconfig.build.json', '--outDir', folder], { cwd: root }).catch((error) =>
    fail(`build: the sources do not type-check\n${error.stdout || error.stderr || error.message}`),
  );
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.d.ts')) continue;
    const path = join(folder, name);
    // The sources name each other as .ts files; beside a .d.ts stands the .js. `Uint8Array<ArrayBufferLike>` is what TypeScript before 5.7
    // calls Uint8Array, and the compiler writes it out.
    const text = readFileSync(path, 'utf8')
      .replace(/((?:\bfrom|\bimport)\s*\(?\s*['"]\.{1,2}\/[^'"]+)\.ts(?=['"])/g, '$1.js')
      .replaceAll('<ArrayBufferLike>', '');
    if (/['"][^'"]+\.wgsl['"]/.test(text)) fail(`build: ${name} speaks of a .wgsl file, which a user's compiler cannot read`);
    writeFileSync(path, text);
  }
  for (const name of entries) {
    const path = join(folder, `${name}.d.ts`);
    writeFileSync(path, header + readFileSync(path, 'utf8'));
    writeFileSync(join(folder, `${name}-typescript5.d.ts`), `${typescript5Header}export * from './${name}.js';\n`);
  }
}

/** Puts `folder` in the place of `target`. @param {string} folder @param {string} target */
function replace(folder, target) {
  const old = `${folder}-old`;
  try {
    renameSync(target, old);
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'ENOENT') throw error;
  }
  renameSync(folder, target);
  rmSync(old, { recursive: true, force: true });
}

/** Builds the project in `root`; returns the folder written. @param {string} root */
export async function buildPackage(root) {
  const started = new Date();
  const target = join(root, 'dist');
  const folder = join(root, `dist.${process.pid}`);
  rmSync(folder, { recursive: true, force: true });
  try {
    const [bundled, declared, commands, script] = await Promise.allSettled([
      bundle(root, folder),
      declare(root, folder),
      bundleCommands(root, folder),
      bundleServedScript(root, folder),
    ]);
    if (bundled.status === 'rejected') throw bundled.reason;
    if (commands.status === 'rejected') throw commands.reason;
    if (script.status === 'rejected') throw script.reason;
    if (declared.status === 'rejected') throw declared.reason;
    checkBrowserImports(bundled.value);
    writeLicences(root, folder, { ...bundled.value, ...script.value });
    // What is edited while the build runs counts as newer than it.
    utimesSync(join(folder, 'index.js'), started, started);
    replace(folder, target);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return target;
}

if (process.argv[1] !== undefined && pathToFileURL(resolve(process.argv[1])).href === import.meta.url) {
  try {
    await buildPackage(fileURLToPath(new URL('..', import.meta.url)));
  } catch (error) {
    // esbuild has printed its own errors already.
    const { message, errors } = /** @type {Error & { errors?: unknown[] }} */ (error);
    process.stderr.write(errors === undefined ? `${message}\n` : 'build: failed\n');
    process.exitCode = 1;
  }
}
