import { ShapeError } from '../core/errors.ts';
import { fromHalf, toHalf } from '../core/half.ts';
import { elements, type Value } from '../core/value.ts';
import { type BufferRange, COPY_DST, COPY_SRC, STORAGE } from '../gpu/buffers.ts';
import { type Command, createCommands } from '../gpu/commands.ts';
import { readRanges } from '../gpu/readback.ts';
import type { Workspace } from '../gpu/workspace.ts';
import type { Tensor } from '../graph/tensor.ts';
import type { ElementType } from '../kernels/view.ts';
import { Binder } from './binder.ts';
import type { GraphLayout } from './layout.ts';
import type { ParameterStore } from './parameters.ts';
import type { Placements } from './placements.ts';
import type { roundingDispatches } from './rounding.ts';
import type { TrainingState } from './state.ts';
import { elementBytes } from './storage.ts';
import { type PlanSummary, summarize } from './summary.ts';
import type { updateDispatches } from './update.ts';

/** What a plan works on, which several plans may share. */
export interface PlanOptions {
  readonly state: TrainingState;
  /** See `createParameters`. */
  readonly parameters: ParameterStore;
  /** Read the averages of parameters where there are any [false]. */
  readonly averages?: boolean;
  /** What makes an optimizer's dispatches, where the graph has an update; so a program that only predicts does not load it. */
  readonly update?: typeof updateDispatches;
  /** The same of what rounds parameters, where the graph reads them so. */
  readonly rounding?: typeof roundingDispatches;
}

/**
 * A graph, ready to run again and again: every pipeline, buffer and bind group is made here, once. `commands` is what a run
 * replays.
 */
export class Plan {
  private constructor(
    private readonly workspace: Workspace,
    private made: { readonly preparation: readonly Command[]; readonly commands: readonly Command[] },
    readonly summary: PlanSummary,
    private readonly placements: Placements,
    private readonly binder: Binder,
    private readonly owned: readonly GPUBuffer[],
  ) {}

  static async create(workspace: Workspace, layout: GraphLayout, options: PlanOptions): Promise<Plan> {
    const { state, parameters } = options;
    const owned: GPUBuffer[] = [];
    const make = (label: string, bytes: number, usage = STORAGE | COPY_SRC | COPY_DST) => {
      const buffer = workspace.createBuffer(label, bytes, usage);
      owned.push(buffer);
      return buffer;
    };
    try {
      const { dispatches, placements } = layout.lowered;
      const binder = new Binder(layout, options, make);
      if (layout.lowered.roundings.length > 0 && !options.rounding)
        throw new Error('This graph rounds parameters, for which the plan was given nothing');
      const roundings = options.rounding?.(workspace, layout.graph, parameters, make) ?? [];
      const bound = dispatches.map(({ kernel, bound }) => ({ kernel, ranges: binder.bind(kernel, bound) }));
      if (layout.graph.update && !options.update)
        throw new Error('This graph has an update, for which the plan was given nothing');
      const updates = options.update?.(workspace, layout.graph, parameters, state, make) ?? [];
      await parameters.prepare();
      const made = await createCommands(workspace, [...roundings, ...bound, ...updates], make);
      // What is prepared is made of what is rounded.
      const prepared = layout.graph.prepares ? roundings.length + layout.prepared : 0;
      const [preparation, commands] = [made.slice(0, prepared), made.slice(prepared)];
      return new Plan(workspace, { preparation, commands }, summarize(commands, layout, parameters), placements, binder, owned);
    } catch (error) {
      for (const buffer of owned) workspace.free(buffer);
      throw error;
    }
  }

  /** What a run replays; nothing once the plan is destroyed, so that its pipelines can go. */
  get commands(): readonly Command[] {
    return this.made.commands;
  }

  /** What must have run since the parameters last changed; empty unless the graph was laid out so (`prepares`). */
  get preparation(): readonly Command[] {
    return this.made.preparation;
  }

  /** Where a tensor's memory lies: the whole of what it is a part of, for a view. */
  range(tensor: Tensor): BufferRange {
    return this.binder.range(this.placements.of(tensor).storage);
  }

  view(tensor: Tensor) {
    return this.placements.of(tensor).view;
  }

  /** Whether the plan uses a tensor at all. */
  uses(tensor: Tensor): boolean {
    return this.binder.has(this.placements.of(tensor).storage);
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
    this.made = { preparation: [], commands: [] };
    for (const buffer of this.owned) this.workspace.free(buffer);
  }

  private replicas(tensor: Tensor): number {
    const { storage, view } = this.placements.of(tensor);
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
