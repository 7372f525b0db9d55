import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { beforeAll, describe, expect, test } from 'vitest';

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

  test('is smaller by a quarter than one that trains', async () => {
    const training = await bundled("export { classifier, decodeModel, openGpu, predictor, trainer } from './src/index.ts';");
    expect(training.files.filter(ofTraining).length).toBeGreaterThan(20);
    expect(predicting.bytes).toBeLessThan(training.bytes * 0.75);
  });
});
