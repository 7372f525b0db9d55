import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as esbuild from 'esbuild';
import { rollup } from 'rollup';
import * as vite from 'vite';
import webpack from 'webpack';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** A project of somebody else's, who has installed what was built last, with one program. */
export async function outsideProject(program: string): Promise<{ folder: string; entry: string } & AsyncDisposable> {
  const folder = await mkdtemp(join(tmpdir(), 'paredown-bundle-'));
  const entry = join(folder, 'entry.js');
  await mkdir(join(folder, 'node_modules'));
  await symlink(root, join(folder, 'node_modules', 'paredown'));
  await writeFile(entry, program);
  return { folder, entry, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) };
}

/** Each bundles a program for browsers, minified, as modules: main.js and what that loads. */
export const bundlers: Readonly<Record<string, (entry: string, out: string) => Promise<void>>> = {
  async esbuild(entry, out) {
    await esbuild.build({
      entryPoints: { main: entry },
      outdir: out,
      bundle: true,
      splitting: true,
      format: 'esm',
      platform: 'browser',
      minify: true,
      logLevel: 'error',
    });
  },
  async 'esbuild, into one file'(entry, out) {
    const options = { bundle: true, format: 'esm', platform: 'browser', minify: true, logLevel: 'error' } as const;
    await esbuild.build({ ...options, entryPoints: [entry], outfile: join(out, 'main.js') });
  },
  async Vite(entry, out) {
    const rolldownOptions = { input: entry, output: { entryFileNames: 'main.js', chunkFileNames: '[name]-[hash].js' } };
    const build = { outDir: out, modulePreload: false, rolldownOptions } as const;
    await vite.build({ configFile: false, root: join(entry, '..'), base: './', logLevel: 'error', build });
  },
  async webpack(entry, out) {
    const output = { path: out, filename: 'main.js', module: true, chunkFormat: 'module', chunkLoading: 'import' } as const;
    const compiler = webpack({
      mode: 'production',
      entry,
      output,
      experiments: { outputModule: true },
      target: ['web', 'es2022'],
    });
    const stats = await new Promise<webpack.Stats | undefined>((resolve, reject) =>
      compiler.run((error, stats) => (error ? reject(error) : resolve(stats))),
    );
    await new Promise((closed) => compiler.close(closed));
    if (stats?.hasErrors()) throw new Error(stats.toString());
  },
  async Rollup(entry, out) {
    // Rollup takes no packages by itself; what its plugin for them reads of package.json is said here.
    const bundle = await rollup({
      input: { main: entry },
      external: ['h5wasm'],
      treeshake: { moduleSideEffects: (id) => id === entry },
      plugins: [
        {
          name: 'package',
          resolveId: (id) => (id === 'paredown' ? join(root, 'dist', 'index.js') : null),
          renderChunk: (code) =>
            esbuild.transform(code, { minify: true, format: 'esm' }).then((made) => ({ code: made.code, map: null })),
        },
      ],
    });
    await bundle.write({ dir: out, format: 'es' });
    await bundle.close();
  },
};
