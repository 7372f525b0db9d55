import { LimitError } from '../../src/core/errors.ts';
import * as paredown from '../../src/node.ts';
import { type Spread, spreadOf } from '../common/statistics.ts';
import { WORKLOADS, type WorkloadName } from '../workloads.ts';
import type { Bits, TrainingOptions } from './options.ts';
import { timePasses } from './pass-timer.ts';

/** What a training of one network costs, with so many copies of it. */
export interface TrainingRow {
  readonly workload: WorkloadName;
  readonly batch: number;
  readonly replicas: number;
  /** What it is trained for: float, 4, 4/8. */
  readonly bits: string;
  /** Milliseconds of a step, all copies together: the loss read at every step, and at every 100th. */
  readonly every?: Spread;
  readonly hundredth?: Spread;
  /** Milliseconds of a step that the GPU was busy with, and their share of the wall clock's, in a run of their own. */
  readonly gpuMs?: number;
  readonly gpuShare?: number;
  readonly dispatches?: number;
  readonly activationBytes?: number;
  readonly parameterBytes?: number;
  /** From the trainer's making to the end of the first step, which compiles. */
  readonly firstStepMs?: number;
  /** Why something is missing. */
  readonly note?: string;
}

const REPORTS = 100;
const MOST_PASSES = 200;

/** `single`: milliseconds of a step of one copy, by which longer ones are foreseen. */
export async function measureTraining(
  gpu: paredown.Gpu,
  workload: WorkloadName,
  replicas: number,
  { name: bits, quantization }: Bits,
  options: TrainingOptions,
  single: number | undefined,
): Promise<TrainingRow> {
  const { model, inputShape, batch } = WORKLOADS[workload];
  const row = { workload, batch, replicas, bits };
  const foreseen = (single ?? 0) * replicas;
  if (foreseen * 5 > options.seconds * 1000)
    return { ...row, note: `left out: 5 steps of about ${(foreseen / 1000).toFixed(1)} s take longer than --seconds` };
  const data = noise(inputShape, 5000);
  const { precision, tune } = options;
  const optimizer = paredown.adam({ learningRate: 1e-4 });
  const start = performance.now();
  let trainer: paredown.Trainer;
  try {
    trainer = await paredown.trainer(gpu, model, { batch, optimizer, seed: 1, replicas, precision, tune, quantization });
  } catch (error) {
    if (error instanceof LimitError) return { ...row, note: `left out: ${error.message}` };
    throw error;
  }
  try {
    await reportTimes(trainer.fit(data, { steps: 1, reportEvery: 1 }));
    const firstStepMs = performance.now() - start;
    const [, ...warm] = await reportTimes(trainer.fit(data, { steps: 4, reportEvery: 1 }));
    const stepMs = Math.min(...warm);
    const steps = Math.max(5, Math.min(2000, Math.round((options.seconds * 1000) / stepMs)));
    const every = await reportTimes(trainer.fit(data, { steps, reportEvery: 1 }));
    // The submits of this fit are counted apart, since timestamps may cost something.
    const timed = Math.min(steps, MOST_PASSES);
    let wallMs = 0;
    const passesMs = await timePasses(gpu, timed, async () => {
      for (const ms of await reportTimes(trainer.fit(data, { steps: timed, reportEvery: 1 }))) wallMs += ms;
    });
    const blocks = Math.min(10, Math.round((options.seconds * 1000) / (stepMs * REPORTS)));
    const toNext = (REPORTS - (trainer.step % REPORTS)) % REPORTS;
    const hundredth =
      blocks < 1 && stepMs * REPORTS > 3000 * options.seconds ? undefined : await blockTimes(trainer, data, toNext, blocks);
    const { dispatches, activationBytes, parameterBytes, momentBytes, gradientBytes } = trainer.plan;
    return {
      ...row,
      every: spreadOf(every),
      ...(hundredth && { hundredth: spreadOf(hundredth) }),
      ...(passesMs !== undefined && { gpuMs: passesMs / timed, gpuShare: passesMs / wallMs }),
      dispatches,
      activationBytes,
      parameterBytes: parameterBytes + momentBytes + gradientBytes,
      firstStepMs,
      ...(!hundredth && { note: `100 steps take longer than three times --seconds` }),
    };
  } finally {
    await trainer.destroy();
  }
}

/** Milliseconds of a step in blocks between reports; reports come at multiples of 100 steps, so the steps up to the next one are not counted. */
async function blockTimes(trainer: paredown.Trainer, data: paredown.Dataset, toNext: number, blocks: number): Promise<number[]> {
  if (toNext > 0) await reportTimes(trainer.fit(data, { steps: toNext, reportEvery: REPORTS }));
  const times = await reportTimes(trainer.fit(data, { steps: REPORTS * Math.max(1, blocks), reportEvery: REPORTS }));
  return times.map((ms) => ms / REPORTS);
}

/** Wall-clock milliseconds from report to report. */
async function reportTimes(progress: AsyncIterable<paredown.Progress>): Promise<number[]> {
  const times: number[] = [];
  let last = performance.now();
  for await (const _ of progress) {
    const now = performance.now();
    times.push(now - last);
    last = now;
  }
  return times;
}

/** A data set of bytes that mean nothing, with labels from 0 to 9. */
function noise(inputShape: readonly [number, number, number], count: number): paredown.Dataset {
  const length = inputShape[0] * inputShape[1] * inputShape[2];
  const x = Uint8Array.from({ length: count * length }, (_, index) => (Math.imul(index, 0x9e3779b1) >>> 24) & 255);
  const y = Uint8Array.from({ length: count }, (_, index) => index % 10);
  return paredown.dataset({ name: 'noise', inputShape, x, y, classes: 10 });
}
