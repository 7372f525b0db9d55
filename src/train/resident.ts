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
import { hasLabels, type LossName } from './loss.ts';

/** What is known of a data set without its samples. */
export type DatasetDescription = Omit<Dataset, 'x' | 'y'>;

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
  /** Of each sample, an image. */
  readonly augment?: AugmentationSpec;
}

/** A part of the samples, in a buffer of its own where one binding could not hold them all. */
interface Chunk {
  readonly first: number;
  readonly count: number;
  readonly x: GPUBuffer;
  readonly y: GPUBuffer;
}

/** A data set on the GPU: inputs as bytes where they are bytes, labels and targets as f32. It does not hold the data set itself. */
export class ResidentData {
  private readonly chunks: readonly Chunk[];
  private readonly targetLength: number;
  private readonly bytes: boolean;
  readonly description: DatasetDescription;

  private constructor(
    private readonly workspace: Workspace,
    data: Dataset,
  ) {
    const { x: _, y: __, ...description } = data;
    this.description = description;
    this.bytes = data.x instanceof Uint8Array;
    const { gpu } = workspace;
    const length = elements(data.inputShape);
    this.targetLength = data.targetShape ? elements(data.targetShape) : 1;
    const most = samplesABuffer(data, length, this.targetLength, bindingLimit(gpu));
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

  /** The dispatches that fill a batch at the place that the training state tells. */
  gather(target: BatchTarget): Promise<Command[]> {
    const { inputShape, scale, offset } = this.description;
    const dispatches = this.chunks.map(({ first, count, x, y }) => ({
      kernel: gatherKernel(
        {
          replicas: target.replicas,
          batch: target.batch,
          sampleLength: elements(inputShape),
          targetLength: this.targetLength,
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
      ranges: [whole(x), whole(y), target.state, target.x, target.y],
    }));
    return createCommands(target.workspace, dispatches);
  }

  destroy(): void {
    this.workspace.destroy();
  }

  private upload(label: string, array: Uint8Array | Float32Array): GPUBuffer {
    const buffer = this.workspace.createBuffer(label, array.byteLength, STORAGE | COPY_DST);
    const whole = array.byteLength - (array.byteLength % 4);
    if (whole > 0) this.workspace.write(buffer, 0, array, whole);
    if (whole < array.byteLength) {
      const rest = new Uint8Array(4);
      rest.set(new Uint8Array(array.buffer, array.byteOffset + whole, array.byteLength - whole));
      this.workspace.write(buffer, whole, rest);
    }
    return buffer;
  }
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
export function checkFits(data: DatasetDescription, input: Shape, output: Shape, loss: LossName): void {
  const where = `data set "${data.name}", split "${data.split}"`;
  if (!sameShape(data.inputShape, input))
    throw new ShapeError(`${where}: its samples are ${formatShape(data.inputShape)}, but the model takes ${formatShape(input)}`);
  if (hasLabels(loss)) {
    if (data.classes === undefined)
      throw new DataError(
        `${where}: ${loss} needs labels (classes), but it has targets ${formatShape(data.targetShape ?? [])}; use meanSquaredError`,
      );
    if (loss === 'binaryCrossEntropy') {
      if (data.classes !== 2)
        throw new DataError(`${where}: binaryCrossEntropy needs 2 classes, but it has ${data.classes}; use softmaxCrossEntropy`);
      return;
    }
    if (!sameShape(output, [data.classes]))
      throw new ShapeError(
        `${where}: it has ${data.classes} classes, but the model's output is ${formatShape(output)}; its last layer must make ${data.classes} logits`,
      );
    return;
  }
  if (!data.targetShape)
    throw new DataError(
      `${where}: meanSquaredError needs targets (targetShape), but it has labels of ${data.classes} classes; use softmaxCrossEntropy`,
    );
  if (!sameShape(data.targetShape, output))
    throw new ShapeError(
      `${where}: its targets are ${formatShape(data.targetShape)}, but the model's output is ${formatShape(output)}`,
    );
}
