import { LimitError, ShapeError } from '../core/errors.ts';
import { fromHalf, toHalf } from '../core/half.ts';
import { elements, type Value } from '../core/value.ts';
import { type BufferRange, COPY_DST, COPY_SRC, STORAGE } from '../gpu/buffers.ts';
import { type Command, createCommands } from '../gpu/commands.ts';
import type { Gpu } from '../gpu/gpu.ts';
import type { Kernel } from '../gpu/kernel.ts';
import { bindingLimit } from '../gpu/limits.ts';
import { readRanges } from '../gpu/readback.ts';
import type { Workspace } from '../gpu/workspace.ts';
import { type Tensor, topological } from '../graph/tensor.ts';
import type { VariantChoice } from '../kernels/family.ts';
import { overflowKernel } from '../kernels/mixed.ts';
import { CHUNK, momentCount, type OptimizerSpec, optimizerKernel, segmentTable } from '../kernels/optimizer.ts';
import type { Schedule } from '../kernels/schedule.ts';
import type { ElementType } from '../kernels/view.ts';
import { type Bound, type LoweredGraph, lower, type Precision } from './lower.ts';
import { type MemoryPlan, planMemory } from './memory.ts';
import { checkParameters, ParameterStore, type ParameterStoreOptions } from './parameters.ts';
import type { TrainingState } from './state.ts';
import { elementBytes, type Storage, storageBytes } from './storage.ts';

export interface PlanOptions {
  readonly state: TrainingState;
  readonly replicas: number;
  /** Tensors to be read after a run. */
  readonly outputs: readonly Tensor[];
  /** What an optimizer does at the end of each run. */
  readonly update?: {
    readonly gradients: readonly { parameter: Tensor; gradient: Tensor }[];
    readonly optimizer: OptimizerSpec;
    readonly schedule: Schedule;
  };
  /** The parameters, which several plans may share; see `createParameters`. */
  readonly parameters: ParameterStore;
  /** Kernel variants by family, instead of the preferred ones. */
  readonly choice?: VariantChoice;
  /** Let tensors share memory by lifetime [true]. */
  readonly share?: boolean;
  /** ['f32'] */
  readonly precision?: Precision;
}

/** What a plan costs, and of which kernels it consists. */
export interface PlanSummary {
  /** Dispatches of one run; a training step adds the gathering of its batch and the counting of the step. */
  readonly dispatches: number;
  readonly kernels: readonly { readonly name: string; readonly workgroups: readonly [number, number, number] }[];
  /** Bytes of each arena of activations, and what they would take if no memory were used twice. */
  readonly arenas: readonly number[];
  readonly activationBytes: number;
  readonly activationBytesUnshared: number;
  readonly parameterBytes: number;
  readonly momentBytes: number;
  readonly gradientBytes: number;
  /** Kernel variants by family, in the order of the dispatches. */
  readonly variants: Readonly<Record<string, readonly string[]>>;
  readonly precision: Precision;
}

/**
 * A graph, ready to run again and again: every pipeline, buffer and bind group is made here, once. `commands` is what a run
 * replays.
 */
export class Plan {
  private constructor(
    private readonly workspace: Workspace,
    private made: readonly Command[],
    readonly parameters: ParameterStore,
    readonly summary: PlanSummary,
    private readonly lowered: LoweredGraph,
    private readonly memory: MemoryPlan,
    private readonly arenas: readonly GPUBuffer[],
    private readonly owned: readonly GPUBuffer[],
  ) {}

  static async create(workspace: Workspace, options: PlanOptions): Promise<Plan> {
    const { gpu } = workspace;
    const { lowered, memory } = layOut(gpu, options);
    const owned: GPUBuffer[] = [];
    try {
      const { parameters } = options;
      const make = (label: string, bytes: number) => {
        const buffer = workspace.createBuffer(label, bytes, STORAGE | COPY_SRC | COPY_DST);
        owned.push(buffer);
        return buffer;
      };
      const arenas = memory.arenas.map((bytes, index) => make(`activations ${index}`, bytes));
      const binder = new Binder(options.state, lowered, memory, parameters, arenas, make);
      const dispatches = lowered.dispatches.map(({ kernel, bound }) => ({ kernel, ranges: binder.bind(kernel, bound) }));
      if (options.update) {
        const { optimizer, schedule } = options.update;
        const mixed = options.precision === 'mixed';
        const updates = [];
        for (const { gradients, values, moments, halves, segments } of parameters.groups) {
          if (!gradients) continue;
          const { words, chunks } = segmentTable(segments);
          const table = make('optimizer table', words.byteLength);
          workspace.write(table, 0, words);
          if (mixed)
            dispatches.push({
              kernel: overflowKernel(chunks, CHUNK, gpu.capabilities),
              ranges: [whole(table), whole(gradients), options.state.range],
            });
          updates.push({
            kernel: optimizerKernel(optimizer, schedule, chunks, gpu.capabilities, mixed),
            ranges: [
              whole(table),
              options.state.range,
              ...[gradients, values, ...moments, ...(halves ? [halves] : [])].map(whole),
            ],
          });
        }
        // Every group is searched for overflows before any is updated.
        dispatches.push(...updates);
      }
      await parameters.prepare();
      const commands = await createCommands(workspace, dispatches);
      return new Plan(
        workspace,
        commands,
        parameters,
        { ...summarize(commands, memory, parameters, lowered), precision: options.precision ?? 'f32' },
        lowered,
        memory,
        arenas,
        owned,
      );
    } catch (error) {
      for (const buffer of owned) workspace.free(buffer);
      throw error;
    }
  }

  /** What a run replays; nothing once the plan is destroyed, so that its pipelines can go. */
  get commands(): readonly Command[] {
    return this.made;
  }

  /** Where a tensor's memory lies: the whole of what it is a part of, for a view. */
  range(tensor: Tensor): BufferRange {
    const { storage } = this.lowered.places.of(tensor);
    return storage.kind === 'parameter' ? this.parameters.range(tensor) : arenaRange(this.memory, this.arenas, storage);
  }

  view(tensor: Tensor) {
    return this.lowered.places.of(tensor).view;
  }

  /** Whether the plan uses a tensor at all. */
  uses(tensor: Tensor): boolean {
    const { storage } = this.lowered.places.of(tensor);
    return storage.kind === 'parameter' || this.memory.ranges.has(storage);
  }

  /** Gives an input its data, the same for all replicas. */
  upload(tensor: Tensor, data: Float32Array): void {
    if (data.length !== elements(tensor.shape))
      throw new ShapeError(`An input of ${elements(tensor.shape)} elements was given ${data.length}`);
    const { buffer, offset, size } = this.range(tensor);
    const view = this.view(tensor);
    const bytes = new Uint8Array(size);
    const encoded = encodeElements(data, view.type);
    for (let replica = 0; replica < this.replicas(tensor); replica++)
      bytes.set(encoded, replica * view.replicaStride * elementBytes(view));
    this.workspace.write(buffer, offset, bytes);
  }

  /** Reads tensors, after everything that was submitted: for each, one value a replica. */
  async read(tensors: readonly Tensor[]): Promise<Value[][]> {
    const ranges = tensors.map((tensor) => this.range(tensor));
    const bytes = await readRanges(this.workspace, ranges);
    return tensors.map((tensor, index) => {
      const { rows, channels, rowStride, offset, replicaStride, type } = this.view(tensor);
      const all = decodeElements(bytes[index] as ArrayBuffer, type);
      return Array.from({ length: this.replicas(tensor) }, (_, replica) => {
        const data = new Float32Array(rows * channels);
        for (let row = 0; row < rows; row++) {
          const at = replica * replicaStride + row * rowStride + offset;
          data.set(all.subarray(at, at + channels), row * channels);
        }
        return { shape: tensor.shape, data };
      });
    });
  }

  /** Frees what the plan made; parameters given to it stay. */
  destroy(): void {
    this.made = [];
    for (const buffer of this.owned) this.workspace.free(buffer);
  }

  private replicas(tensor: Tensor): number {
    const { storage, view } = this.lowered.places.of(tensor);
    return Math.round(storage.elements / view.replicaStride);
  }
}

function encodeElements(data: Float32Array, type: ElementType | undefined): Uint8Array {
  const { buffer, byteOffset, byteLength } = type === 'f16' ? toHalf(data) : data;
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function decodeElements(bytes: ArrayBuffer, type: ElementType | undefined): Float32Array {
  return type === 'f16' ? fromHalf(new Uint16Array(bytes)) : new Float32Array(bytes);
}

export const SINK_BYTES = 256 * 16;

/** Finds the buffer behind what a lowered dispatch binds. */
class Binder {
  private readonly nothing: GPUBuffer;
  private readonly sink: GPUBuffer;
  private readonly gradients: Map<Storage, BufferRange>;
  private readonly parameters: Map<Storage, BufferRange>;

  constructor(
    private readonly state: TrainingState,
    lowered: LoweredGraph,
    private readonly memory: MemoryPlan,
    store: ParameterStore,
    private readonly arenas: readonly GPUBuffer[],
    make: (label: string, bytes: number) => GPUBuffer,
  ) {
    this.nothing = make('nothing', 256);
    this.sink = make('sink', SINK_BYTES);
    this.gradients = new Map(lowered.gradients.map(({ parameter, storage }) => [storage, store.gradientRange(parameter)]));
    this.parameters = new Map(
      store.parameters.map((parameter) => [lowered.places.of(parameter).storage, store.range(parameter)]),
    );
    for (const [parameter, storage] of lowered.halves) this.parameters.set(storage, store.halfRange(parameter));
  }

  bind(kernel: Kernel, bound: readonly Bound[]): BufferRange[] {
    return bound.map((item, binding) => {
      if (item === 'state') return this.state.range;
      // What an operand that is absent is bound to: zeros to read, or a place of its own that nobody reads.
      if (item === undefined)
        return kernel.bindings[binding] === 'read'
          ? { buffer: this.nothing, offset: 0, size: 256 }
          : { buffer: this.sink, offset: 256 * binding, size: 256 };
      return this.gradients.get(item) ?? this.parameters.get(item) ?? arenaRange(this.memory, this.arenas, item);
    });
  }
}

function arenaRange(memory: MemoryPlan, arenas: readonly GPUBuffer[], storage: Storage): BufferRange {
  const range = memory.ranges.get(storage);
  const buffer = range && arenas[range.arena];
  if (!range || !buffer) throw new Error(`The tensor of ${storage.label} has no memory: nothing in this plan uses it`);
  return { buffer, offset: range.offset, size: storageBytes(storage) };
}

function whole(buffer: GPUBuffer): BufferRange {
  return { buffer, offset: 0, size: buffer.size };
}

export type GraphOptions = Pick<PlanOptions, 'replicas' | 'outputs' | 'update' | 'choice' | 'share' | 'precision'>;

/** All that can be decided before anything is allocated. Throws a LimitError where the adapter is too small. */
function layOut(
  gpu: Gpu,
  { outputs, update, replicas, choice, share, precision }: GraphOptions,
): { lowered: LoweredGraph; memory: MemoryPlan } {
  const binding = bindingLimit(gpu);
  const lowering = { capabilities: gpu.capabilities, replicas, choice: choice ?? {}, binding, precision };
  const lowered = lower(outputs, update?.gradients ?? [], lowering);
  const kept = new Set(outputs.map((tensor) => lowered.places.of(tensor).storage));
  const memory = planMemory(lowered.dispatches, kept, {
    alignment: Math.max(256, gpu.limits.minStorageBufferOffsetAlignment),
    maxArenaBytes: gpu.limits.maxBufferSize,
    binding,
    share,
  });
  return { lowered, memory };
}

/** Whether a plan of these options keeps to the adapter's limits. */
export function fits(gpu: Gpu, options: GraphOptions): boolean {
  try {
    checkParameters(gpu, parametersBehind(tensorsOf(options)), storeOptions(options, layOut(gpu, options).lowered));
    return true;
  } catch (error) {
    if (error instanceof LimitError) return false;
    throw error;
  }
}

/**
 * Allocates and initialises the parameters that a plan of these options needs, with moments and gradients where it has an
 * optimizer. Throws a LimitError, before it allocates, where these or the plan's activations exceed the adapter's limits. The
 * plan's kernels begin to compile meanwhile: drawing millions of weights takes as long.
 */
export function createParameters(workspace: Workspace, parameters: readonly Tensor[], options: GraphOptions): ParameterStore {
  const { gpu } = workspace;
  const { lowered } = layOut(gpu, options);
  const store = storeOptions(options, lowered);
  checkParameters(gpu, parameters, store);
  // Who makes the plan meets a failure.
  for (const { kernel } of lowered.dispatches) gpu.pipelines.get(kernel).catch(() => undefined);
  return new ParameterStore(workspace, parameters, store);
}

function storeOptions({ replicas, update, precision }: GraphOptions, { gradients }: LoweredGraph): ParameterStoreOptions {
  return {
    replicas,
    splits: new Map(gradients.map(({ parameter, splits }) => [parameter, splits])),
    moments: update ? momentCount(update.optimizer) : 0,
    precision,
  };
}

function tensorsOf({ outputs, update }: GraphOptions): Tensor[] {
  return [...outputs, ...(update?.gradients ?? []).map(({ gradient }) => gradient)];
}

/** The parameters that a graph reads. */
export function parametersBehind(tensors: readonly Tensor[]): Tensor[] {
  return topological(tensors)
    .filter(({ operation }) => operation.source === 'parameter')
    .flatMap((node) => node.outputs);
}

function summarize(
  commands: readonly Command[],
  memory: MemoryPlan,
  store: ParameterStore,
  lowered: LoweredGraph,
): Omit<PlanSummary, 'precision'> {
  const { parameters, moments, gradients } = store.bytes;
  return {
    dispatches: commands.length,
    kernels: commands.map(({ name, workgroups }) => ({ name, workgroups })),
    arenas: memory.arenas,
    activationBytes: memory.arenas.reduce((sum, bytes) => sum + bytes, 0),
    activationBytesUnshared: memory.unsharedBytes,
    parameterBytes: parameters,
    momentBytes: moments,
    gradientBytes: gradients,
    variants: lowered.variants,
  };
}
