import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { availableCores, installPeers, peersFolder } from '../peers/install.ts';
import type { OnnxLayer } from './layer.ts';
import { onnxModel } from './model.ts';

/** onnxruntime-web (WebAssembly) in a process of its own, which times models. */
export class OnnxRuntime {
  private readonly answers: AsyncIterator<string>;

  private constructor(
    private readonly child: ChildProcess,
    readonly version: string,
    readonly threads: number,
  ) {
    if (!child.stdout) throw new Error('A child process without an output');
    this.answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  }

  /** Undefined where it is not wanted, or wanted only where it is there and it is not. */
  static async open(wanted: 'install' | 'present' | 'never'): Promise<OnnxRuntime | undefined> {
    if (wanted === 'never') return undefined;
    if (wanted === 'install') await installPeers();
    const folder = join(peersFolder(), 'node_modules/onnxruntime-web');
    let version: string;
    try {
      ({ version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string });
    } catch {
      return undefined;
    }
    const threads = availableCores();
    const worker = resolve(peersFolder(), 'onnx-worker.mjs');
    const child = spawn(process.execPath, [worker, String(threads)], { stdio: ['pipe', 'pipe', 'inherit'] });
    return new OnnxRuntime(child, version, threads);
  }

  /** Milliseconds of some layers one after the other, run by run. */
  async time(layers: readonly OnnxLayer[]): Promise<number[]> {
    const model = Buffer.from(onnxModel(layers)).toString('base64');
    this.child.stdin?.write(`${JSON.stringify({ model, shape: layers[0]?.inputs[0] })}\n`);
    const { value, done } = await this.answers.next();
    if (done) throw new Error('onnxruntime-web ended; what it wrote stands above');
    const answer = JSON.parse(value) as { times?: number[]; error?: string };
    if (answer.times === undefined)
      throw new Error(`onnxruntime-web could not run ${layers.map(({ operator }) => operator).join(' and ')}: ${answer.error}`);
    return answer.times;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.child.stdin?.end();
    await new Promise((settled) => this.child.once('exit', settled));
  }
}
