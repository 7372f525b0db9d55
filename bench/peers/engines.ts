import { join } from 'node:path';
import { outputOf } from '../common/process.ts';
import type { OnnxLayer } from '../onnx/layer.ts';
import { OnnxRuntime } from '../onnx/runtime.ts';
import { WORKLOADS, type WorkloadName } from '../workloads.ts';
import { peersFolder } from './install.ts';

export const PEER_WORKLOADS = ['W1', 'W2', 'W3', 'W4'] as const satisfies readonly WorkloadName[];
export type PeerWorkload = (typeof PEER_WORKLOADS)[number];
export type Engine = 'paredown' | 'jax-js' | 'tfjs' | 'onnxruntime-web';
export const ENGINES: readonly Engine[] = ['paredown', 'jax-js', 'tfjs', 'onnxruntime-web'];

/** Milliseconds of each step of one kind, in one process. */
export interface PeerTimes {
  readonly engine: Engine;
  readonly workload: PeerWorkload;
  /** `train` with the samples of a step, `forward` with those of a run. */
  readonly what: string;
  readonly times: readonly number[];
}

export interface Pace {
  /** Milliseconds that the peers' thread sleeps in each turn while it waits for the GPU. */
  readonly nap: number;
  readonly trainMs: number;
  readonly inferMs: number;
}

const PROGRAMS: Readonly<Partial<Record<Engine, string>>> = { paredown: 'paredown.mjs', 'jax-js': 'jax.mjs', tfjs: 'tfjs.mjs' };

/** Measures one engine in a process of its own. Throws an Error with what it wrote where it fails. */
export async function runEngine(engine: Engine, workload: PeerWorkload, pace: Pace): Promise<PeerTimes[]> {
  const program = PROGRAMS[engine];
  const found = program ? await runProgram(program, workload, pace) : await runOnnx(workload);
  return found.map((one) => ({ engine, workload, ...one }));
}

async function runProgram(program: string, workload: PeerWorkload, { nap, trainMs, inferMs }: Pace) {
  const { model, batch } = WORKLOADS[workload];
  const environment = {
    ...process.env,
    ...{ MODEL: JSON.stringify(model), BATCH: String(batch), INFERENCE_BATCHES: JSON.stringify(inferenceBatches(workload)) },
    ...{ NAP: String(nap), TRAIN_MS: String(trainMs), INFER_MS: String(inferMs) },
  };
  const output = await outputOf(process.execPath, [join(peersFolder(), program)], environment);
  const lines = output.split('\n').filter((line) => line.startsWith('{"what"'));
  return lines.map((line) => JSON.parse(line) as { what: string; times: number[] });
}

/** Inference is measured with W1 alone. */
function inferenceBatches(workload: PeerWorkload): readonly number[] {
  return workload === 'W1' ? [50, 1000] : [];
}

/** Inference on the CPU: the only thing that onnxruntime-web is asked for. */
async function runOnnx(workload: PeerWorkload) {
  const batches = inferenceBatches(workload);
  if (batches.length === 0) return [];
  await using runtime = await OnnxRuntime.open('present');
  if (!runtime) throw new Error('onnxruntime-web is not there');
  const found: { what: string; times: number[] }[] = [];
  for (const batch of batches) found.push({ what: `forward ${batch}`, times: await runtime.time(w1(batch)) });
  return found;
}

/** W1 forward, ending with a softmax. */
function w1(batch: number): OnnxLayer[] {
  const convolution = (inputs: number, outputs: number): OnnxLayer => ({
    operator: 'Conv',
    attributes: { kernel_shape: [5, 5], pads: [2, 2, 2, 2] },
    inputs: [[batch, 1, 28, 28]],
    weights: [[outputs, inputs, 5, 5], [outputs]],
    relu: true,
  });
  const plain = (operator: OnnxLayer['operator'], attributes: OnnxLayer['attributes']): OnnxLayer => ({
    operator,
    attributes,
    inputs: [],
    weights: [],
    relu: false,
  });
  const dense = (inputs: number, outputs: number, relu: boolean): OnnxLayer => ({
    operator: 'Gemm',
    attributes: {},
    inputs: [],
    weights: [[inputs, outputs], [outputs]],
    relu,
  });
  const pool = plain('MaxPool', { kernel_shape: [2, 2], strides: [2, 2] });
  return [
    ...[convolution(1, 32), pool, convolution(32, 64), pool, plain('Flatten', { axis: 1 })],
    ...[dense(3136, 1024, true), dense(1024, 10, false), plain('Softmax', { axis: 1 })],
  ];
}
