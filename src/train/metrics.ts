import { type BufferRange, COPY_DST, COPY_SRC, MAP_READ, STORAGE } from '../gpu/buffers.ts';
import { type Command, encode } from '../gpu/commands.ts';
import type { Workspace } from '../gpu/workspace.ts';
import { METRIC_HEADER, METRIC_WORDS } from '../kernels/batch.ts';

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

/** A submit on its way: its metrics come when it has run. */
export interface Submission {
  readonly steps: number;
  readonly done: Promise<readonly StepMetrics[]>;
}

/** How many submits may be on their way at once. */
export const IN_FLIGHT = 2;

/**
 * Submits repeats of a step and reads what they added up, without making a buffer: the metrics go to one of a few staging
 * buffers and are cleared in the same submit.
 */
export class MeteredQueue {
  private readonly metrics: GPUBuffer;
  private readonly staging: readonly GPUBuffer[];
  private next = 0;
  private msPerStep = 0;
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
      workspace.createBuffer('metrics on their way', bytes, MAP_READ | COPY_DST),
    );
  }

  get range(): BufferRange {
    return { buffer: this.metrics, offset: 0, size: this.metrics.size };
  }

  /** At most IN_FLIGHT submissions may be pending, of at most MOST_STEPS steps each. */
  submit(commands: readonly Command[], steps: number): Submission {
    this.workspace.check();
    const slot = this.staging[this.next] as GPUBuffer;
    this.next = (this.next + 1) % this.staging.length;
    const { recorded } = this;
    this.recorded = undefined;
    const ready = steps === 1 && recorded?.commands === commands && recorded.slot === slot;
    const mapped = this.workspace.attempt(() => {
      this.workspace.gpu.device.queue.submit([ready ? recorded.buffer : this.record(commands, steps, slot)]);
      const mapping = slot.mapAsync(1);
      // Steps that are submitted one by one leave the GPU idle in between: as shortly as possible.
      if (steps === 1) {
        const after = this.staging[this.next] as GPUBuffer;
        this.recorded = { commands, slot: after, buffer: this.record(commands, 1, after) };
      }
      return mapping;
    });
    const done = this.take(slot, steps, mapped);
    // Whoever waits sees a failure; until then it is no unhandled rejection.
    done.catch(() => {});
    return { steps, done };
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

  private async take(slot: GPUBuffer, steps: number, mapped: Promise<undefined>): Promise<StepMetrics[]> {
    const start = performance.now();
    const words = await this.workspace
      .wait(mapped, this.msPerStep * steps)
      .then(() => new Uint32Array(slot.getMappedRange().slice(0)))
      .finally(() => slot.unmap());
    this.msPerStep = (performance.now() - start) / steps;
    const floats = new Float32Array(words.buffer);
    return Array.from({ length: words.length / METRIC_WORDS }, (_, replica) => {
      const at = replica * METRIC_WORDS;
      const [steps = 0, correct = 0, samples = 0, badStep = 0, skipped = 0] = words.subarray(at, at + METRIC_HEADER);
      const lossSum = floats.subarray(at + METRIC_HEADER, at + METRIC_HEADER + steps).reduce((sum, loss) => sum + loss, 0);
      return { lossSum, correct, samples, badStep, skipped };
    });
  }
}
