import type { BufferRange } from '../gpu/commands.ts';
import type { Gpu } from '../gpu/gpu.ts';
import { COPY_DST, COPY_SRC, STORAGE } from '../gpu/readback.ts';

/** What the kernels know of the course of a training; shaders/lib/state.wgsl has the layout. */
export interface StateValues {
  /** Steps done. */
  readonly step: number;
  /** Samples of the data set, rows of a batch, and the step at which this data set began. */
  readonly samples: number;
  readonly batch: number;
  readonly origin: number;
  /** One of each a replica. */
  readonly seeds: readonly number[];
  readonly learningRates: readonly number[];
}

/** The state of a graph that runs on no data set: all rows of every batch are real. */
export const NO_DATA_SET = { samples: 2 ** 32 - 1, batch: 2 ** 32 - 1, origin: 0 } as const;

/** The training state on the GPU. Steps advance there; the host writes it only between runs. */
export class TrainingState {
  private readonly buffer: GPUBuffer;
  constructor(
    private readonly gpu: Gpu,
    readonly replicas: number,
  ) {
    this.buffer = gpu.createBuffer('training state', (8 + 2 * replicas) * 4, STORAGE | COPY_SRC | COPY_DST);
  }

  get range(): BufferRange {
    return { buffer: this.buffer, offset: 0, size: this.buffer.size };
  }

  write({ step, samples, batch, origin, seeds, learningRates }: StateValues): void {
    const words = new Uint32Array(8 + 2 * this.replicas);
    const floats = new Float32Array(words.buffer);
    words.set([step, samples, batch, Math.ceil(samples / batch), origin]);
    for (let replica = 0; replica < this.replicas; replica++) {
      words[8 + 2 * replica] = seeds[replica] ?? 0;
      floats[9 + 2 * replica] = learningRates[replica] ?? 0;
    }
    this.gpu.device.queue.writeBuffer(this.buffer, 0, words);
  }

  destroy(): void {
    this.buffer.destroy();
  }
}
