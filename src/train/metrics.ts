import { type BufferRange, COPY_DST, COPY_SRC, MAP_READ, STORAGE } from '../gpu/buffers.ts';
import { type Command, encode } from '../gpu/commands.ts';
import type { Workspace } from '../gpu/workspace.ts';
import { METRIC_HEADER, METRIC_WORDS, MOST_STEPS } from '../kernels/batch.ts';

/** What one replica did since the metrics were last taken. */
export interface StepMetrics {
  readonly lossSum: number;
  readonly correct: number;
  readonly samples: number;
  /** The first step whose loss was not finite, counted from 1; 0: none. */
  readonly badStep: number;
  /** Steps skipped since the training began, in mixed precision. */
  readonly skipped: number;
}

/** What a submit did. */
export interface Completed {
  readonly steps: number;
  readonly metrics: readonly StepMetrics[];
  /** Milliseconds that one of its steps took. */
  readonly msPerStep: number;
}

/** How many submits are in flight at the most: one runs while the next waits. */
const IN_FLIGHT = 2;
/** Milliseconds of work that one submit should hold: progress, Ctrl-C and browsers' watchdogs stay prompt. */
const SUBMIT_MS = 100;
/** A host that looks now and then finds two submits done at once: within so many milliseconds they are taken for such. */
const TOGETHER_MS = 1;

/**
 * Submits repeats of a step, keeps those that are in flight, and reads what they added up, without making a buffer: the metrics go to
 * one of a few staging buffers and are cleared in the same submit.
 */
export class MeteredQueue {
  private readonly inFlight: { steps: number; submitted: number; metrics: Promise<readonly StepMetrics[]> }[] = [];
  private lastCompleted = 0;
  /** What the last submit took, as far as the host could see. */
  private last = { ms: 0, steps: 0 };
  /** By which the next submit is measured. */
  private msPerStep = SUBMIT_MS;
  private readonly metrics: GPUBuffer;
  private readonly staging: readonly GPUBuffer[];
  private slot = 0;
  /** From a submit to its metrics, what was before it included. */
  private msToMetrics = 0;
  /** The step after a single one, recorded while that one runs. */
  private recorded:
    | { readonly commands: readonly Command[]; readonly slot: GPUBuffer; readonly buffer: GPUCommandBuffer }
    | undefined;

  constructor(
    private readonly workspace: Workspace,
    replicas: number,
  ) {
    const bytes = replicas * METRIC_WORDS * 4;
    this.metrics = workspace.createBuffer('metrics', bytes, STORAGE | COPY_SRC | COPY_DST);
    this.staging = Array.from({ length: IN_FLIGHT }, () =>
      workspace.createBuffer('metrics in flight', bytes, MAP_READ | COPY_DST),
    );
  }

  get range(): BufferRange {
    return { buffer: this.metrics, offset: 0, size: this.metrics.size };
  }

  get isIdle(): boolean {
    return this.inFlight.length === 0;
  }

  /** Whether a submit must complete before there is room for another. */
  get isFull(): boolean {
    return this.inFlight.length === IN_FLIGHT;
  }

  /** Submits a step as often as fills a submit, once as long as none has run, at most `most` times. Returns how often. */
  submit(commands: readonly Command[], most: number): number {
    const steps = Math.min(most, MOST_STEPS, Math.max(1, Math.floor(SUBMIT_MS / this.msPerStep)));
    const metrics = this.send(commands, steps);
    this.inFlight.push({ steps, submitted: performance.now(), metrics });
    return steps;
  }

  /** What the oldest submit in flight did, when it has run. */
  async complete(): Promise<Completed> {
    const oldest = this.inFlight.shift();
    if (!oldest) throw new Error('Nothing is in flight');
    const { steps, submitted } = oldest;
    const metrics = await oldest.metrics;
    const now = performance.now();
    const ms = now - Math.max(this.lastCompleted, submitted);
    // What seems to have taken no time ran before the one that it came with was seen.
    const before = ms < TOGETHER_MS ? this.last : { ms: 0, steps: 0 };
    this.msPerStep = (before.ms + ms) / (before.steps + steps);
    this.last = { ms, steps };
    this.lastCompleted = now;
    return { steps, metrics, msPerStep: ms / steps };
  }

  /** The time up to now is nobody's step. */
  restartClock(): void {
    this.lastCompleted = performance.now();
  }

  /** Waits for all that is in flight, whatever becomes of it. */
  async settle(): Promise<void> {
    await Promise.allSettled(this.inFlight.splice(0).map(({ metrics }) => metrics));
  }

  private send(commands: readonly Command[], steps: number): Promise<readonly StepMetrics[]> {
    this.workspace.check();
    const slot = this.staging[this.slot] as GPUBuffer;
    this.slot = (this.slot + 1) % this.staging.length;
    const { recorded } = this;
    this.recorded = undefined;
    const ready = steps === 1 && recorded?.commands === commands && recorded.slot === slot;
    const mapped = this.workspace.attempt(() => {
      this.workspace.gpu.device.queue.submit([ready ? recorded.buffer : this.record(commands, steps, slot)]);
      const mapping = slot.mapAsync(1);
      // Steps that are submitted one by one leave the GPU idle in between: as shortly as possible.
      if (steps === 1) {
        const after = this.staging[this.slot] as GPUBuffer;
        this.recorded = { commands, slot: after, buffer: this.record(commands, 1, after) };
      }
      return mapping;
    });
    const metrics = this.read(slot, steps, mapped);
    // Whoever waits sees a failure; until then it is no unhandled rejection.
    metrics.catch(() => {});
    return metrics;
  }

  /** Keeps nothing that was recorded. */
  forget(): void {
    this.recorded = undefined;
  }

  private record(commands: readonly Command[], steps: number, slot: GPUBuffer): GPUCommandBuffer {
    const encoder = this.workspace.gpu.device.createCommandEncoder();
    encode(encoder, commands, steps);
    encoder.copyBufferToBuffer(this.metrics, 0, slot, 0, slot.size);
    encoder.clearBuffer(this.metrics);
    return encoder.finish();
  }

  private async read(slot: GPUBuffer, steps: number, mapped: Promise<undefined>): Promise<StepMetrics[]> {
    const start = performance.now();
    const words = await this.workspace
      .wait(mapped, this.msToMetrics * steps)
      .then(() => new Uint32Array(slot.getMappedRange().slice(0)))
      .finally(() => slot.unmap());
    this.msToMetrics = (performance.now() - start) / steps;
    const floats = new Float32Array(words.buffer);
    return Array.from({ length: words.length / METRIC_WORDS }, (_, replica) => {
      const at = replica * METRIC_WORDS;
      const [steps = 0, correct = 0, samples = 0, badStep = 0, skipped = 0] = words.subarray(at, at + METRIC_HEADER);
      const lossSum = floats.subarray(at + METRIC_HEADER, at + METRIC_HEADER + steps).reduce((sum, loss) => sum + loss, 0);
      return { lossSum, correct, samples, badStep, skipped };
    });
  }
}
