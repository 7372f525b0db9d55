import { build } from 'esbuild';
import type { Page } from 'puppeteer-core';
import type { Value } from '../../src/node.ts';
import { startBrowser } from './browsers.ts';
import { type Served, servePage } from './served.ts';

/**
 * LiteRT of today, and the last TensorFlow Lite by its former name, both with the kernels of XNNPACK and their own for the rest. The
 * older one reads and gives integers too.
 */
export const TFLITE_RUNTIMES = ['litert', 'tflite'] as const;
export type TfliteRuntime = (typeof TFLITE_RUNTIMES)[number];

const LITERT = 'node_modules/@litertjs/core/wasm';
const TFLITE = 'node_modules/@tensorflow/tfjs-tflite/wasm';

/** Runs files in a page of Chromium, without a GPU. */
export class TfliteJudge implements AsyncDisposable {
  private files = 0;

  private constructor(
    private readonly page: Page,
    private readonly served: Record<string, Served>,
    private readonly end: () => Promise<void>,
  ) {}

  /** Starts the browser at `path`, and both runtimes in a page. */
  static async start(path: string): Promise<TfliteJudge> {
    const served: Record<string, Served> = {
      '/litert.js': await bundled("export * from '@litertjs/core'"),
      '/tflite.js': { file: `${TFLITE}/tflite_web_api_client.js` },
      ...folder('/litert', LITERT, ['litert_wasm_internal', 'litert_wasm_compat_internal']),
      ...folder('/tflite', TFLITE, ['tflite_web_api_cc', 'tflite_web_api_cc_simd']),
    };
    const site = await servePage(served);
    const browser = await startBrowser('chromium', path, { webgpu: false });
    const end = async () => {
      await browser.close();
      await site[Symbol.asyncDispose]();
    };
    try {
      const page = await browser.newPage();
      await page.goto(site.url);
      await page.evaluate(START);
      return new TfliteJudge(page, served, end);
    } catch (error) {
      await end();
      throw error;
    }
  }

  /**
   * What a runtime makes of the samples x [N, ...input], one after the other: [N, ...output], of the file's own numbers where they are
   * integers. Rejects with what the runtime says of a file that it does not run.
   */
  async run(runtime: TfliteRuntime, bytes: Uint8Array, { shape, data }: Value): Promise<Value> {
    const path = `/${this.files++}.tflite`;
    this.served[path] = bytes;
    try {
      const [count = 0, ...sample] = shape;
      const given = JSON.stringify({ path, shape: [1, ...sample], samples: Array.from(data), count });
      const found = (await this.page.evaluate(`${runtime}(${given})`)) as { shape: number[]; outputs: number[] };
      return { shape: [count, ...found.shape.slice(1)], data: Float32Array.from(found.outputs) };
    } finally {
      delete this.served[path];
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end();
  }
}

/** Defines a function for each runtime: a file's path, the shape of a sample and all samples' numbers, to an output's shape and all outputs' numbers. */
const START = `(async () => {
  const load = (src) => new Promise((resolve, reject) => {
    const onerror = () => reject(new Error(src + ' did not load'));
    document.body.append(Object.assign(document.createElement('script'), { src, onload: resolve, onerror }));
  });
  const bytesOf = async (path) => new Uint8Array(await (await fetch(path)).arrayBuffer());
  const each = (samples, count) => Array.from({ length: count }, (_, i) => samples.slice(i * samples.length / count, (i + 1) * samples.length / count));

  const { loadLiteRt, loadAndCompile, Tensor } = await import('/litert.js');
  await loadLiteRt('/litert/');
  window.litert = async ({ path, shape, samples, count }) => {
    const model = await loadAndCompile(await bytesOf(path), { accelerator: 'wasm' });
    const result = { shape: [], outputs: [] };
    for (const sample of each(samples, count)) {
      const x = new Tensor(Float32Array.from(sample), shape);
      const [y] = await model.run([x]);
      result.shape = Array.from(y.type.layout.dimensions);
      result.outputs.push(...y.toTypedArray());
      x.delete();
      y.delete();
    }
    model.delete();
    return result;
  };

  // Its script, made for CommonJS too, reads that variable.
  window.exports = {};
  await load('/tflite.js');
  tfweb.tflite_web_api.setWasmPath('/tflite/');
  window.tflite = async ({ path, samples, count }) => {
    const runner = await tfweb.TFLiteWebModelRunner.create((await bytesOf(path)).buffer, { numThreads: 1 });
    const [x] = runner.getInputs();
    const [y] = runner.getOutputs();
    const result = { shape: y.shape.split(',').map(Number), outputs: [] };
    for (const sample of each(samples, count)) {
      x.data().set(sample);
      if (!runner.infer()) throw new Error('TensorFlow Lite could not run ' + path);
      result.outputs.push(...y.data());
    }
    runner.cleanUp();
    return result;
  };
})()`;

function folder(path: string, from: string, names: readonly string[]): Record<string, Served> {
  const files = names.flatMap((name) => ['js', 'wasm'].map((end) => `${name}.${end}`));
  return Object.fromEntries(files.map((file) => [`${path}/${file}`, { file: `${from}/${file}` }]));
}

async function bundled(contents: string): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: import.meta.dirname },
    bundle: true,
    format: 'esm',
    write: false,
    logLevel: 'error',
  });
  return outputFiles[0]?.text ?? '';
}
