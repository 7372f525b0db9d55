import { type BufferRange, COPY_DST, COPY_SRC, STORAGE } from '../gpu/buffers.ts';
import { readRanges } from '../gpu/readback.ts';
import type { Workspace } from '../gpu/workspace.ts';

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

/** A replica's dynamic loss scaling, in mixed precision. */
export interface LossScaling {
  /** By what the gradient of the loss is multiplied; a power of two. */
  readonly scale: number;
  /** Good steps since the scale last changed. */
  readonly good: number;
  /** Updates made, and steps skipped because a gradient was not finite. */
  readonly updates: number;
  readonly skipped: number;
}

/** The state of a graph that runs on no data set: all rows of every batch are real. */
export const NO_DATA_SET = { samples: 2 ** 32 - 1, batch: 2 ** 32 - 1, origin: 0 } as const;

const HEADER_WORDS = 8;
const REPLICA_WORDS = 8;
/** Where a replica's learning rate lies, and where its loss scaling begins. */
const LEARNING_RATE = 1;
const SCALING = 2;

/** The training state on the GPU. Steps advance there, and loss scales change; the host writes it only between runs. */
export class TrainingState {
  private readonly buffer: GPUBuffer;
  constructor(
    private readonly workspace: Workspace,
    readonly replicas: number,
  ) {
    this.buffer = workspace.createBuffer(
      'training state',
      (HEADER_WORDS + REPLICA_WORDS * replicas) * 4,
      STORAGE | COPY_SRC | COPY_DST,
    );
  }

  get range(): BufferRange {
    return { buffer: this.buffer, offset: 0, size: this.buffer.size };
  }

  write({ step, samples, batch, origin, seeds, learningRates }: StateValues): void {
    this.put(0, [step, samples, batch, Math.ceil(samples / batch), origin]);
    for (let replica = 0; replica < this.replicas; replica++)
      this.put(HEADER_WORDS + REPLICA_WORDS * replica, [seeds[replica] ?? 0]);
    this.writeLearningRates(learningRates);
  }

  /** One a replica. */
  writeLearningRates(learningRates: readonly number[]): void {
    for (let replica = 0; replica < this.replicas; replica++)
      this.put(HEADER_WORDS + REPLICA_WORDS * replica + LEARNING_RATE, [floatBits(learningRates[replica] ?? 0)]);
  }

  /** One a replica. */
  writeScaling(scalings: readonly LossScaling[]): void {
    scalings.forEach(({ scale, good, updates, skipped }, replica) => {
      this.put(HEADER_WORDS + REPLICA_WORDS * replica + SCALING, [floatBits(scale), good, updates, skipped, 0]);
    });
  }

  /** The loss scaling of each replica, as it is after everything submitted so far. */
  async readScaling(): Promise<LossScaling[]> {
    const [bytes] = await readRanges(this.workspace, [this.range]);
    const words = new Uint32Array(bytes as ArrayBuffer);
    const floats = new Float32Array(bytes as ArrayBuffer);
    return Array.from({ length: this.replicas }, (_, replica) => {
      const at = HEADER_WORDS + REPLICA_WORDS * replica + SCALING;
      const [, good = 0, updates = 0, skipped = 0] = words.subarray(at, at + 4);
      return { scale: floats[at] ?? 0, good, updates, skipped };
    });
  }

  private put(word: number, words: readonly number[]): void {
    this.workspace.write(this.buffer, word * 4, Uint32Array.from(words));
  }
}

function floatBits(value: number): number {
  return new Uint32Array(Float32Array.of(value).buffer)[0] ?? 0;
}
