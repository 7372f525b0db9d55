import { DataError, LimitError, ShapeError } from '../core/errors.ts';
import { elements, formatShape, type Shape, sameShape } from '../core/value.ts';
import type { Dataset } from '../data/dataset.ts';
import { type BufferRange, COPY_DST, STORAGE } from '../gpu/buffers.ts';
import { type Command, createCommands } from '../gpu/commands.ts';
import type { Gpu } from '../gpu/gpu.ts';
import { type BindingLimit, bindingLimit } from '../gpu/limits.ts';
import { Workspace } from '../gpu/workspace.ts';
import type { AugmentationSpec } from '../kernels/augmentation.ts';
import { gatherKernel } from '../kernels/batch.ts';
import type { ElementType } from '../kernels/view.ts';
import type { LossName } from './loss.ts';
import { lossDefinition } from './losses/registry.ts';

/** What is known of a data set without its samples. */
export type DatasetDescription = Omit<Dataset, 'x' | 'y' | 'teacherLogits'>;

/** What a batch is gathered into. */
export interface BatchTarget {
  /** Whose dispatches these are. */
  readonly workspace: Workspace;
  readonly replicas: number;
  readonly batch: number;
  readonly x: BufferRange;
  /** Of x [f32]. */
  readonly type?: ElementType;
  readonly y: BufferRange;
  readonly state: BufferRange;
  readonly shuffle: boolean;
  /** Whether y is to hold a teacher's logits behind each label [false]. */
  readonly taught?: boolean;
  /** Of each sample, an image. */
  readonly augment?: AugmentationSpec;
}

/** A part of the samples, in a buffer of its own where one binding could not hold them all. */
interface Chunk {
  readonly first: number;
  readonly count: number;
  readonly x: GPUBuffer;
  readonly y: GPUBuffer;
  /** Label and teacher's logits of each sample, where the data set has such. */
  readonly taught: GPUBuffer | undefined;
}

/** A data set on the GPU: inputs as bytes where they are bytes, labels and targets as f32. It does not hold the data set itself. */
export class ResidentData {
  private readonly chunks: readonly Chunk[];
  private readonly targetLength: number;
  private readonly taughtLength: number;
  private readonly bytes: boolean;
  readonly description: DatasetDescription;

  private constructor(
    private readonly workspace: Workspace,
    data: Dataset,
  ) {
    const { x: _, y: __, teacherLogits, ...description } = data;
    this.description = description;
    this.bytes = data.x instanceof Uint8Array;
    const { gpu } = workspace;
    const length = elements(data.inputShape);
    this.targetLength = data.targetShape ? elements(data.targetShape) : 1;
    this.taughtLength = teacherLogits ? 1 + (data.classes ?? 0) : 0;
    const most = samplesABuffer(data, length, Math.max(this.targetLength, this.taughtLength), bindingLimit(gpu));
    const chunks: Chunk[] = [];
    for (let first = 0; first < data.size; first += most) {
      const count = Math.min(most, data.size - first);
      chunks.push({
        first,
        count,
        x: this.upload('data set', data.x.subarray(first * length, (first + count) * length)),
        y: this.upload(
          'targets',
          Float32Array.from(data.y.subarray(first * this.targetLength, (first + count) * this.targetLength)),
        ),
        taught: teacherLogits && this.upload('labels and teacher', taughtRows(data, teacherLogits, first, count)),
      });
    }
    this.chunks = chunks;
  }

  /** Throws a LimitError where the device has no memory for it. */
  static async create(gpu: Gpu, data: Dataset): Promise<ResidentData> {
    const workspace = new Workspace(gpu, 'data set');
    try {
      const resident = new ResidentData(workspace, data);
      await workspace.settled();
      return resident;
    } catch (error) {
      workspace.destroy();
      throw error;
    }
  }

  /** The dispatches that fill a batch that the training state tells. */
  gather(target: BatchTarget): Promise<Command[]> {
    const { inputShape, scale, offset } = this.description;
    const { taught = false } = target;
    const dispatches = this.chunks.map(({ first, count, x, ...goals }) => ({
      kernel: gatherKernel(
        {
          replicas: target.replicas,
          batch: target.batch,
          sampleLength: elements(inputShape),
          targetLength: taught ? this.taughtLength : this.targetLength,
          bytes: this.bytes,
          scale,
          offset,
          shuffle: target.shuffle,
          first,
          count,
          type: target.type,
          augment: target.augment && { spec: target.augment, image: inputShape },
        },
        this.workspace.gpu.capabilities,
      ),
      ranges: [whole(x), whole(taught && goals.taught ? goals.taught : goals.y), target.state, target.x, target.y],
    }));
    return createCommands(target.workspace, dispatches);
  }

  destroy(): void {
    this.workspace.destroy();
  }

  /** Replaces the samples by as many others. */
  refill({ x, y }: Pick<Dataset, 'x' | 'y'>): void {
    const length = elements(this.description.inputShape);
    for (const chunk of this.chunks) {
      const part = (each: number) => [chunk.first * each, (chunk.first + chunk.count) * each] as const;
      this.write(chunk.x, x.subarray(...part(length)));
      this.write(chunk.y, Float32Array.from(y.subarray(...part(this.targetLength))));
    }
  }

  private upload(label: string, array: Uint8Array | Float32Array): GPUBuffer {
    const buffer = this.workspace.createBuffer(label, array.byteLength, STORAGE | COPY_DST);
    this.write(buffer, array);
    return buffer;
  }

  private write(buffer: GPUBuffer, array: Uint8Array | Float32Array): void {
    const whole = array.byteLength - (array.byteLength % 4);
    if (whole > 0) this.workspace.write(buffer, 0, array, whole);
    if (whole < array.byteLength) {
      const rest = new Uint8Array(4);
      rest.set(new Uint8Array(array.buffer, array.byteOffset + whole, array.byteLength - whole));
      this.workspace.write(buffer, whole, rest);
    }
  }
}

/** [count, 1 + classes]: the label and the teacher's logits of each sample. */
function taughtRows({ y, classes = 0 }: Dataset, teacherLogits: Float32Array, first: number, count: number): Float32Array {
  const rows = new Float32Array(count * (1 + classes));
  for (let i = 0; i < count; i++) {
    const sample = first + i;
    rows[i * (1 + classes)] = y[sample] as number;
    rows.set(teacherLogits.subarray(sample * classes, (sample + 1) * classes), i * (1 + classes) + 1);
  }
  return rows;
}

/** How many samples a buffer may hold. Throws a LimitError where not even one fits, or where 32 bits can't count them all. */
function samplesABuffer({ x, name, size }: Dataset, length: number, targetLength: number, binding: BindingLimit): number {
  if (size > MOST_SAMPLES)
    throw new LimitError(
      'maxIndexedSamples',
      MOST_SAMPLES,
      size,
      `The data set "${name}"`,
      'Samples are meant; train on subsets, one after the other.',
    );
  const bytes = Math.max(length * x.BYTES_PER_ELEMENT, targetLength * 4);
  if (bytes > binding.bytes)
    throw new LimitError(
      binding.limit,
      binding.bytes,
      bytes,
      `A sample of data set "${name}"`,
      `Bytes are meant; ${Math.floor((100 * binding.bytes) / bytes)}% of these would fit: make the samples smaller.`,
    );
  return Math.floor(binding.bytes / bytes);
}

/** What a u32 of the training state counts. */
const MOST_SAMPLES = 2 ** 32 - 1;

function whole(buffer: GPUBuffer): BufferRange {
  return { buffer, offset: 0, size: buffer.size };
}

/** Throws a ShapeError or DataError where a data set does not fit a model's input and output under a loss. */
export function checkFits(data: Omit<Dataset, 'x' | 'y'>, input: Shape, output: Shape, loss: LossName): void {
  const where = `data set "${data.name}", split "${data.split}"`;
  if (!sameShape(data.inputShape, input))
    throw new ShapeError(`${where}: its samples are ${formatShape(data.inputShape)}, but the model takes ${formatShape(input)}`);
  const { goal, checkData } = lossDefinition(loss);
  if (goal === 'targets') {
    if (!data.targetShape)
      throw new DataError(
        `${where}: ${loss} needs targets (targetShape), but it has labels of ${data.classes} classes; use softmaxCrossEntropy`,
      );
    if (!sameShape(data.targetShape, output))
      throw new ShapeError(
        `${where}: its targets are ${formatShape(data.targetShape)}, but the model's output is ${formatShape(output)}`,
      );
    return;
  }
  if (data.classes === undefined)
    throw new DataError(
      `${where}: ${loss} needs labels (classes), but it has targets ${formatShape(data.targetShape ?? [])}; use meanSquaredError`,
    );
  checkData?.(where, data, output);
}
