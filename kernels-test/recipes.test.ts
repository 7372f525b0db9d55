import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build, transform } from 'esbuild';
import { build as viteBuild } from 'vite';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { browserToTest, withBrowser } from './support/browsers.ts';
import { outsideProject } from './support/bundlers.ts';
import { type Served, servePage } from './support/served.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const recipes = join(root, 'docs', 'recipes');

/** The files of the recipes by name: blocks of code that begin with `// file: NAME`. */
const files = new Map(
  readdirSync(recipes).flatMap((name) => {
    const blocks = [...readFileSync(join(recipes, name), 'utf8').matchAll(/^```tsx?\n\/\/ file: (\S+)\n(.*?)^```/gms)];
    return blocks.map(([, file = '', code = '']) => [file, code] as const);
  }),
);

let project: Awaited<ReturnType<typeof outsideProject>>;

beforeAll(async () => {
  project = await outsideProject('');
  const packages = [
    'onnxruntime-web',
    'onnxruntime-common',
    'react',
    'react-dom',
    'csstype',
    '@types/react',
    '@types/react-dom',
    '@types/node',
  ];
  await mkdir(join(project.folder, 'node_modules', '@types'));
  for (const name of packages) await symlink(join(root, 'node_modules', name), join(project.folder, 'node_modules', name));
  await writeFile(join(project.folder, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
  for (const [name, code] of files) await writeFile(join(project.folder, name), code);
});

afterAll(() => project?.[Symbol.asyncDispose]());

/** What a program of the project prints. */
async function run(args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: project.folder }).catch((error) => {
    throw new Error(`${args.join(' ')}\n${error.stdout}${error.stderr}`);
  });
  return stdout;
}

async function runRecipe(name: string): Promise<string> {
  const { code } = await transform(files.get(name) ?? '', { loader: 'ts' });
  const program = name.replace('.ts', '.mjs');
  await writeFile(join(project.folder, program), code);
  return run([program]);
}

test('the recipes type-check', { timeout: 120_000 }, async () => {
  const compilerPackage = createRequire(import.meta.url).resolve('typescript/package.json');
  const { bin } = JSON.parse(await readFile(compilerPackage, 'utf8'));
  const options = [
    '--noEmit',
    '--strict',
    '--target',
    'es2022',
    '--module',
    'esnext',
    '--moduleResolution',
    'bundler',
    '--jsx',
    'react-jsx',
  ];
  const types = ['--skipLibCheck', '--types', 'node,react'];
  expect(await run([join(dirname(compilerPackage), bin.tsc), ...options, ...types, ...files.keys()])).toBe('');
});

test("a loop of one's own learns", { timeout: 120_000 }, async () => {
  const losses = [...(await runRecipe('own-loop.ts')).matchAll(/loss ([\d.]+)/g)].map(([, loss]) => Number(loss));
  expect(losses).toHaveLength(5);
  expect(losses.at(-1)).toBeLessThan((losses[0] ?? 0) / 2);
});

test('capsules learn beside a decoder that draws', { timeout: 300_000 }, async () => {
  const printed = await runRecipe('capsules.ts');
  const [margins, drawn] = ['margin', 'reconstruction'].map((name) =>
    [...printed.matchAll(new RegExp(`${name} ([\\d.]+)`, 'g'))].map(([, value]) => Number(value)),
  );
  expect(margins).toHaveLength(5);
  expect(margins?.at(-1)).toBeLessThan((margins?.[0] ?? 0) / 2);
  expect(drawn?.at(-1)).toBeLessThan((drawn?.[0] ?? 0) * 0.8);
  // Chance is a tenth.
  expect(Number(/test accuracy (.*)/.exec(printed)?.[1])).toBeGreaterThan(0.5);
});

test('a transferred network keeps its body and learns the new classes', { timeout: 120_000 }, async () => {
  const [, kept, made, accuracy] = /kept (.*); new (.*)\neven or odd: (.*)\n/.exec(await runRecipe('transfer.ts')) ?? [];
  expect(kept).toContain('conv2d_1/filter');
  expect(made).toBe('parity/weights, parity/bias');
  // Chance is a half.
  expect(Number(accuracy)).toBeGreaterThan(0.6);
});

test('a training that stops early leaves a model, which predicts without a GPU, in a worker and in React', {
  timeout: 300_000,
}, async ({ skip }) => {
  const [, best, end] = /at step (\d+); ended at (\d+)/.exec(await runRecipe('early-stopping.ts')) ?? [];
  expect(Number(best)).toBeLessThan(Number(end));

  const probabilities: number[] = JSON.parse(await runRecipe('without-gpu.ts'));
  expect(probabilities).toHaveLength(10);
  expect(probabilities.reduce((sum, probability) => sum + probability, 0)).toBeCloseTo(1, 5);

  const { folder } = project;
  await viteBuild({
    configFile: false,
    root: folder,
    logLevel: 'error',
    worker: { format: 'es' },
    build: {
      outDir: join(folder, 'worker'),
      target: 'es2022',
      rolldownOptions: { input: join(folder, 'main.ts'), output: { entryFileNames: 'main.js' } },
    },
  });
  await build({
    entryPoints: [join(folder, 'page.tsx')],
    outdir: join(folder, 'react'),
    bundle: true,
    splitting: true,
    format: 'esm',
    jsx: 'automatic',
    define: { 'process.env.NODE_ENV': '"production"' },
    logLevel: 'error',
  });
  const given: Record<string, Served> = { '/digits.safetensors': await readFile(join(folder, 'digits.safetensors')) };
  for (const out of ['worker', 'react']) {
    const names = await readdir(join(folder, out), { recursive: true });
    for (const name of names.filter((one) => one.endsWith('.js'))) {
      const path = join(folder, out, name);
      given[`/${relative(join(folder, out), path)}`] = await readFile(path);
    }
  }
  await using site = await servePage(given);
  const shown = async (script: string, selector: string) =>
    withBrowser(
      'chromium',
      browserToTest('chromium', skip),
      async (browser) => {
        const page = await browser.newPage();
        await page.goto(site.url);
        await page.evaluate(`import('${script}')`);
        const ready = `/\\d/.test(document.querySelector('${selector}')?.textContent ?? '')`;
        await page.waitForFunction(ready, { timeout: 120_000 });
        return page.evaluate(`document.querySelector('${selector}').textContent`);
      },
      { timeoutMs: 240_000 },
    );
  expect(await shown('/main.js', 'body')).toMatch(/^class \d$/);
  expect(await shown('/page.js', 'main')).toMatch(/^\d: [\d.]+%$/);
});
