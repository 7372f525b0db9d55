import { LimitError } from '../core/errors.ts';
import type { WindowGeometry } from '../core/geometry.ts';
import { elements } from '../core/value.ts';
import { type BufferRange, COPY_DST, COPY_SRC, STORAGE } from '../gpu/buffers.ts';
import { type Command, createCommands, encode } from '../gpu/commands.ts';
import type { Kernel } from '../gpu/kernel.ts';
import { bindingLimit } from '../gpu/limits.ts';
import { readRanges } from '../gpu/readback.ts';
import type { Workspace } from '../gpu/workspace.ts';
import { integerLinearKernel } from '../kernels/integer/linear.ts';
import { integerLookupKernel } from '../kernels/integer/lookup.ts';
import { integerPairwiseKernel } from '../kernels/integer/pairwise.ts';
import { integerPoolKernel } from '../kernels/integer/pool.ts';
import { integerRearrangeKernel } from '../kernels/integer/rearrange.ts';
import type { Rounding } from './fixed-point.ts';
import {
  ADD_SHIFT,
  type IntegerConv2d,
  type IntegerDense,
  type IntegerGraph,
  type IntegerOperation,
  type IntegerTensor,
} from './integer-graph.ts';

interface Dispatch {
  readonly kernel: Kernel;
  readonly ranges: readonly BufferRange[];
}

/** A network in integers on the GPU: bit for bit what `evaluateIntegers` computes. */
export class IntegerEngine {
  private constructor(
    private readonly workspace: Workspace,
    /** Samples that run at a time. */
    readonly batch: number,
    private readonly input: BufferRange,
    private readonly ranges: ReadonlyMap<IntegerTensor, BufferRange>,
    private readonly commands: readonly Command[],
  ) {}

  /** For at most `most` samples at a time. Throws a LimitError where not even one fits. */
  static async create(workspace: Workspace, graph: IntegerGraph, most: number): Promise<IntegerEngine> {
    const batch = fittingBatch(workspace, graph, most);
    const builder = new Builder(workspace, graph, batch);
    const commands = await createCommands(workspace, builder.dispatches);
    return new IntegerEngine(workspace, batch, builder.rangeOf(graph.input), builder.ranges, commands);
  }

  /** The integers of a value, for those of at most `batch` samples of the input; of fewer, those of what was there before follow. */
  async run(x: Int8Array, tensor: IntegerTensor): Promise<Int32Array> {
    const { workspace, input, commands } = this;
    const range = this.ranges.get(tensor);
    if (!range) throw new Error(`'${tensor.name}' is no value of this network`);
    workspace.write(input.buffer, input.offset, Int32Array.from(x));
    workspace.submit((encoder) => encode(encoder, commands));
    const [bytes = new ArrayBuffer(0)] = await readRanges(workspace, [range]);
    return new Int32Array(bytes);
  }
}

/** As many samples as the largest value lets a binding hold. */
function fittingBatch({ gpu }: Workspace, { input, operations }: IntegerGraph, most: number): number {
  const { limit, bytes } = bindingLimit(gpu);
  const largest = operations.reduce((size, { output }) => Math.max(size, elements(output.shape)), elements(input.shape));
  const batch = Math.min(most, Math.floor(bytes / (4 * largest)));
  if (batch >= 1) return batch;
  throw new LimitError(
    limit,
    bytes,
    4 * largest,
    'A value between the layers of this network in integers',
    'Use a smaller model.',
  );
}

class Builder {
  readonly dispatches: Dispatch[] = [];
  readonly ranges = new Map<IntegerTensor, BufferRange>();
  private readonly constants = new Map<unknown, BufferRange>();
  private readonly rounding: Rounding;

  constructor(
    private readonly workspace: Workspace,
    graph: IntegerGraph,
    private readonly batch: number,
  ) {
    this.rounding = graph.rounding;
    this.make(graph.input);
    for (const operation of graph.operations) {
      if (operation.type === 'reshape') this.ranges.set(operation.output, this.rangeOf(operation.inputs[0]));
      else this.make(operation.output);
      this.lower(operation);
    }
  }

  rangeOf(tensor: IntegerTensor): BufferRange {
    const range = this.ranges.get(tensor);
    if (!range) throw new Error(`'${tensor.name}' is read before it is made`);
    return range;
  }

  private make(tensor: IntegerTensor): void {
    const bytes = 4 * this.batch * elements(tensor.shape);
    const buffer = this.workspace.createBuffer(tensor.name, bytes, STORAGE | COPY_SRC | COPY_DST);
    this.ranges.set(tensor, { buffer, offset: 0, size: bytes });
  }

  private lower(operation: IntegerOperation): void {
    const { batch, rounding } = this;
    const { capabilities } = this.workspace.gpu;
    const inputs = operation.inputs.map((tensor) => this.rangeOf(tensor));
    const y = this.rangeOf(operation.output);
    const [height, width, channels] = imageOf(operation.output);
    const add = (kernel: Kernel, ...between: readonly BufferRange[]) =>
      this.dispatches.push({ kernel, ranges: [...inputs, ...between, y] });
    switch (operation.type) {
      case 'conv2d':
      case 'dense': {
        const {
          inputs: [x],
          output,
          weights,
          least,
          most,
        } = operation;
        const [size = 1, outputs = 1] = weights.shape.slice(-2);
        const groups = operation.type === 'conv2d' ? operation.groups : 1;
        const window = operation.type === 'conv2d' ? operation.window : ONE_PIXEL;
        const problem = {
          batch,
          window,
          size,
          outputs,
          groups,
          xZero: x.zeroPoint,
          yZero: output.zeroPoint,
          least,
          most,
          rounding,
        };
        const packed = this.constant(weights.data, () => packedBytes(weights.data));
        add(
          integerLinearKernel(problem, capabilities),
          packed,
          this.constant(operation, () => channelsOf(operation)),
        );
        return;
      }
      case 'maxPool2d':
      case 'avgPool2d': {
        const problem = { batch, window: operation.window, channels, maximum: operation.type === 'maxPool2d' };
        add(integerPoolKernel(problem, capabilities));
        return;
      }
      case 'add':
      case 'multiply': {
        const operand = (tensor: IntegerTensor) => ({ shape: imageOf(tensor), zeroPoint: tensor.zeroPoint });
        const {
          inputs: [a, b],
          output,
          least,
          most,
        } = operation;
        const problem = { batch, a: operand(a), b: operand(b), y: operand(output), least, most, rounding };
        const kernel =
          operation.type === 'add'
            ? integerPairwiseKernel(
                { ...problem, sum: { factors: operation.factors, shift: ADD_SHIFT }, out: operation.out },
                capabilities,
              )
            : integerPairwiseKernel({ ...problem, out: operation.multiplier }, capabilities);
        // One buffer can't be bound twice where it is written, but here both are read.
        add(kernel);
        return;
      }
      case 'lookup': {
        const { table } = operation;
        add(
          integerLookupKernel(batch * elements(operation.output.shape), capabilities),
          this.constant(table, () => Int32Array.from(table)),
        );
        return;
      }
      case 'upsample2d':
        add(
          integerRearrangeKernel({ batch, height, width, channels, yChannels: channels, factor: operation.factor }, capabilities),
        );
        return;
      case 'channelShuffle':
        add(
          integerRearrangeKernel({ batch, height, width, channels, yChannels: channels, groups: operation.groups }, capabilities),
        );
        return;
      case 'concat': {
        let offset = 0;
        operation.inputs.forEach((tensor, index) => {
          const [, , own] = imageOf(tensor);
          const problem = { batch, height, width, channels: own, yChannels: channels, offset };
          this.dispatches.push({
            kernel: integerRearrangeKernel(problem, capabilities),
            ranges: [inputs[index] ?? y, y],
          });
          offset += own;
        });
        return;
      }
      case 'reshape':
        return;
    }
  }

  /** What was made of that before, or a buffer of what is made now. */
  private constant(key: unknown, make: () => Int32Array): BufferRange {
    const before = this.constants.get(key);
    if (before) return before;
    const data = make();
    const { limit, bytes } = bindingLimit(this.workspace.gpu);
    if (data.byteLength > bytes)
      throw new LimitError(limit, bytes, data.byteLength, 'The weights of a layer in integers', 'Use a smaller model.');
    const buffer = this.workspace.createBuffer('weights in integers', data.byteLength, STORAGE | COPY_DST);
    this.workspace.write(buffer, 0, data);
    const range = { buffer, offset: 0, size: buffer.size };
    this.constants.set(key, range);
    return range;
  }
}

const ONE_PIXEL: WindowGeometry = {
  ...{ inputHeight: 1, inputWidth: 1, outputHeight: 1, outputWidth: 1, windowHeight: 1, windowWidth: 1 },
  ...{ strideHeight: 1, strideWidth: 1, dilationHeight: 1, dilationWidth: 1, top: 0, bottom: 0, left: 0, right: 0 },
};

/** Height, width and channels; a vector is one pixel. */
function imageOf({ shape }: IntegerTensor): readonly [number, number, number] {
  const [channels = 1, width = 1, height = 1] = [...shape].reverse();
  return [height, width, channels];
}

/** Four bytes a word, the lowest first. */
function packedBytes(bytes: Int8Array): Int32Array {
  const words = new Int32Array(Math.ceil(bytes.length / 4));
  bytes.forEach((byte, at) => {
    words[at >> 2] = (words[at >> 2] ?? 0) | ((byte & 255) << (8 * (at & 3)));
  });
  return words;
}

/** Bias, multiplier and shift of each output channel. */
function channelsOf({ bias, multipliers }: IntegerConv2d | IntegerDense): Int32Array {
  return Int32Array.from(multipliers.flatMap(({ multiplier, shift }, k) => [bias?.data[k] ?? 0, multiplier, shift, 0]));
}
