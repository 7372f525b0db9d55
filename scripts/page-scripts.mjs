// A program for a page as text: `import SCRIPT from './script/page.ts?script'` is what esbuild makes of that file and of all that it imports,
// as one minified script without imports.
import { dirname, resolve } from 'node:path';
import { build } from 'esbuild';

const MARK = /\?script$/;

/** @param {string} path of the file, without the mark */
async function scriptText(path) {
  const { outputFiles } = await build({
    entryPoints: [path],
    bundle: true,
    minify: true,
    format: 'iife',
    platform: 'browser',
    target: 'es2020',
    write: false,
    logLevel: 'error',
  });
  return (outputFiles[0]?.text ?? '').trim();
}

/** The module in its place, where a path names one; else undefined. @param {string} path */
export async function pageScriptModule(path) {
  return MARK.test(path) ? `export default ${JSON.stringify(await scriptText(path.replace(MARK, '')))};` : undefined;
}

/** For esbuild. */
export const pageScripts = /** @type {import('esbuild').Plugin} */ ({
  name: 'page-scripts',
  setup(building) {
    building.onResolve({ filter: MARK }, ({ path, resolveDir, importer }) => ({
      path: resolve(resolveDir || dirname(importer), path),
      namespace: 'page-script',
    }));
    building.onLoad({ filter: MARK, namespace: 'page-script' }, async ({ path }) => ({
      contents: await pageScriptModule(path),
      loader: 'js',
    }));
  },
});

/** For vite. */
export const pageScriptsOfVite = {
  name: 'page-scripts',
  enforce: /** @type {const} */ ('pre'),
  load: (/** @type {string} */ id) => pageScriptModule(id),
};
