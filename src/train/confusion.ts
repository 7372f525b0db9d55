import { LimitError } from '../core/errors.ts';
import { type BufferRange, COPY_DST, COPY_SRC, STORAGE } from '../gpu/buffers.ts';
import { type Command, createCommands } from '../gpu/commands.ts';
import { bindingLimit } from '../gpu/limits.ts';
import { readRanges } from '../gpu/readback.ts';
import type { Workspace } from '../gpu/workspace.ts';
import { confusionKernel } from '../kernels/batch.ts';
import type { View } from '../kernels/view.ts';

/** Counts that are made unasked: their rows are lists of numbers in the end, and made at every validation. */
const USUAL_BYTES = 4 * 1024 ** 2;

/** Between how many classes how many replicas choose. */
export interface ConfusionSize {
  readonly replicas: number;
  readonly classes: number;
}

/** What a batch is judged by. */
export interface JudgedBatch {
  /** One logit a sample, above 0 for class 1. */
  readonly binary: boolean;
  readonly logits: BufferRange & { readonly view: View };
  readonly labels: BufferRange;
  readonly state: BufferRange;
}

/** Predictions counted by label on the GPU, [replicas, label, predicted]. */
export class Confusion {
  private constructor(
    private readonly workspace: Workspace,
    private readonly size: ConfusionSize,
    private readonly counts: GPUBuffer,
    /** Adds a batch to the counts. */
    readonly command: Command,
  ) {}

  /** Whether to count: as it is wanted, else where that is cheap. Throws a LimitError where it is wanted and does not fit a binding. */
  static serves(gpu: Workspace['gpu'], size: ConfusionSize, wanted: boolean | undefined): boolean {
    const { limit, bytes } = bindingLimit(gpu);
    const needed = bytesOf(size);
    if (!wanted) return wanted === undefined && needed <= Math.min(bytes, USUAL_BYTES);
    if (needed <= bytes) return true;
    throw new LimitError(
      limit,
      bytes,
      needed,
      `The confusion matrix of ${size.classes} classes and ${size.replicas} replicas`,
      `Bytes are meant; ${Math.floor(Math.sqrt(bytes / 4 / size.replicas))} classes would fit. Evaluate without it: { confusion: false }.`,
    );
  }

  static async create(
    workspace: Workspace,
    size: ConfusionSize,
    { binary, logits, labels, state }: JudgedBatch,
  ): Promise<Confusion> {
    const counts = workspace.createBuffer('confusion', bytesOf(size), STORAGE | COPY_SRC | COPY_DST);
    try {
      const kernel = confusionKernel(size.replicas, logits.view, workspace.gpu.capabilities, binary);
      const { view: _, ...range } = logits;
      const ranges = [range, labels, state, { buffer: counts, offset: 0, size: counts.size }];
      const [command] = await createCommands(workspace, [{ kernel, ranges }]);
      if (!command) throw new Error('One kernel makes one command');
      return new Confusion(workspace, size, counts, command);
    } catch (error) {
      workspace.free(counts);
      throw error;
    }
  }

  clear(): void {
    this.workspace.submit((encoder) => encoder.clearBuffer(this.counts));
  }

  /** For each replica counts[label][predicted]. */
  async read(): Promise<number[][][]> {
    const [bytes] = await readRanges(this.workspace, [{ buffer: this.counts, offset: 0, size: this.counts.size }]);
    const all = new Uint32Array(bytes as ArrayBuffer);
    const { replicas, classes } = this.size;
    const row = (index: number) => Array.from(all.subarray(index * classes, (index + 1) * classes));
    return Array.from({ length: replicas }, (_, replica) =>
      Array.from({ length: classes }, (_, label) => row(replica * classes + label)),
    );
  }
}

function bytesOf({ replicas, classes }: ConfusionSize): number {
  return replicas * classes ** 2 * 4;
}
