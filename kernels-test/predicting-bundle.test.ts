import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { beforeAll, describe, expect, test } from 'vitest';
import { pageScripts } from '../scripts/page-scripts.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

/** What a bundler leaves of the files that a program reaches, and the size of all of it, minified. */
async function bundled(code: string): Promise<{ files: string[]; bytes: number }> {
  const { metafile } = await build({
    absWorkingDir: root,
    stdin: { contents: code, resolveDir: root, loader: 'ts' },
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    loader: { '.wgsl': 'text' },
    plugins: [pageScripts],
    external: ['node:*', 'webgpu'],
    metafile: true,
    write: false,
    logLevel: 'error',
  });
  const [output] = Object.values(metafile.outputs);
  if (!output) throw new Error('The bundle has no output');
  const kept = Object.entries(output.inputs).filter(([, { bytesInOutput }]) => bytesInOutput > 0);
  return { files: kept.map(([file]) => file), bytes: output.bytes };
}

/** The files that some files import, import() aside, and what those import. */
async function reached(...entryPoints: string[]): Promise<{ inputs: string[] }> {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints,
    outdir: 'unwritten',
    bundle: true,
    format: 'esm',
    platform: 'browser',
    loader: { '.wgsl': 'text' },
    plugins: [pageScripts],
    external: ['node:*', 'webgpu'],
    metafile: true,
    write: false,
    logLevel: 'error',
  });
  const seen = new Set(entryPoints);
  for (const file of seen)
    for (const { kind, path, external } of metafile.inputs[file]?.imports ?? [])
      if (kind === 'import-statement' && !external) seen.add(path);
  return { inputs: [...seen] };
}

/** Rules of differentiation, the kernels of gradients, and the trainer. */
const ofTraining = (file: string) =>
  /gradient|differentiate|(training|trainer)[^/]*$/.test(file) && !file.startsWith('src/public/');

describe('a program that only predicts', () => {
  let predicting: { files: string[]; bytes: number };
  beforeAll(async () => {
    predicting = await bundled("export { classifier, decodeModel, openGpu, predictor } from './src/index.ts';");
  });

  test('holds no gradient', () => {
    expect(predicting.files.filter(ofTraining)).toEqual([]);
  });

  test('holds neither published networks nor a search', () => {
    expect(predicting.files.filter((file) => /^src\/(zoo|search|report)\//.test(file))).toEqual([]);
  });

  test('holds nothing of the formats of others', () => {
    const ofOthers = /^src\/(export|import)\/|^src\/formats\/onnx\/|^node_modules\/(@bufbuild|flatbuffers|fflate|h5wasm)\//;
    expect(predicting.files.filter((file) => ofOthers.test(file))).toEqual([]);
  });

  test('that classifies reaches no kernel before a network is planned', async () => {
    const { inputs } = await reached('src/public/classifying.ts', 'src/public/decoding.ts', 'src/public/gpu.ts');
    expect(inputs).toContain('src/plan/lower.ts');
    expect(inputs.filter((file) => file.endsWith('.wgsl') || ofTraining(file))).toEqual([]);
    expect(inputs.filter((file) => /^src\/(tune|reference|train\/(losses|optimizers))\//.test(file))).toEqual([]);
  });

  test('nor does one that writes a network as a page', async () => {
    const { inputs } = await reached('src/public/exporting.ts');
    expect(inputs).toContain('src/export/html/encode.ts');
    expect(inputs.filter((file) => file.endsWith('.wgsl') || ofTraining(file))).toEqual([]);
    const { files } = await bundled("export { encodeHtml } from './src/index.ts';");
    expect(
      files.filter((file) =>
        /^src\/(gpu\/gpu|tune\/|train\/|zoo\/|search\/|import\/)|^src\/export\/(c|onnx|tflite)\//.test(file),
      ),
    ).toEqual([]);
  });

  test('is smaller by a quarter than one that trains', async () => {
    const training = await bundled("export { classifier, decodeModel, openGpu, predictor, trainer } from './src/index.ts';");
    expect(training.files.filter(ofTraining).length).toBeGreaterThan(20);
    expect(predicting.bytes).toBeLessThan(training.bytes * 0.75);
  });
});
