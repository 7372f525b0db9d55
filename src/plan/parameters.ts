import { elements } from '../core/value.ts';
import { type BufferRange, COPY_DST, COPY_SRC, STORAGE } from '../gpu/buffers.ts';
import { type Command, createCommands, encode } from '../gpu/commands.ts';
import { readRanges } from '../gpu/readback.ts';
import type { Workspace } from '../gpu/workspace.ts';
import { parameterAttributes } from '../graph/sources.ts';
import { replicaStride, type Tensor } from '../graph/tensor.ts';
import { type GraphLayout, storeOptions } from './layout.ts';
import { type GroupLayout, type GroupMember, groupParameters, type ParameterStoreOptions } from './parameter-groups.ts';

/** Parameters that share an arena: their values, moments and gradients each fit one binding, so one dispatch updates them all. */
export interface ParameterGroup {
  readonly members: readonly GroupMember[];
  readonly values: GPUBuffer;
  /** The values in f16, laid out alike, in mixed precision. */
  readonly halves: GPUBuffer | undefined;
  /** The values on grids of integers, laid out alike, where some are rounded. */
  readonly rounded: GPUBuffer | undefined;
  readonly moments: readonly GPUBuffer[];
  /** The moving averages of the values, laid out alike, where they are kept. */
  readonly averages: GPUBuffer | undefined;
  readonly gradients: GPUBuffer | undefined;
}

/** Which array of a parameter: its value, the optimizer's first or second moment, or the moving average of the value. */
export type ParameterSlot = 'value' | 'moment1' | 'moment2' | 'average';

/** One slot of one replica of a parameter. */
export interface ParameterRequest {
  readonly parameter: Tensor;
  readonly slot: ParameterSlot;
  readonly replica: number;
}

/** What one slot of one replica of a parameter shall be. */
export interface ParameterWrite extends ParameterRequest {
  readonly data: Float32Array;
}

/** The parameters of a network on the GPU, [replicas, length rounded up to 4] each, with moments and gradients beside them. */
export class ParameterStore {
  readonly groups: readonly ParameterGroup[];
  private readonly locations = new Map<Tensor, { group: ParameterGroup; offset: number; gradientOffset: number }>();
  /** Makes the f16 copies anew from the values. */
  private halving: readonly Command[] = [];

  constructor(
    private readonly workspace: Workspace,
    parameters: readonly Tensor[],
    readonly options: ParameterStoreOptions,
  ) {
    this.groups = groupParameters(workspace.gpu, parameters, options).map((layout) => this.allocate(layout));
  }

  /** Where all replicas of a parameter's value lie. */
  range(parameter: Tensor, slot: ParameterSlot = 'value'): BufferRange {
    const { group, offset } = this.locate(parameter);
    return { buffer: this.buffer(group, slot), offset: offset * 4, size: this.length(parameter) * 4 };
  }

  /** What stands for a parameter where it is used rather than trained: its average, if it has one. */
  usedSlot(parameter: Tensor): ParameterSlot {
    return this.hasSlot(parameter, 'average') ? 'average' : 'value';
  }

  /** Where the f16 copies of all replicas of a parameter's value lie. */
  halfRange(parameter: Tensor): BufferRange {
    const { group, offset } = this.locate(parameter);
    if (!group.halves) throw new Error(`${parameterAttributes(parameter).name} has no f16 copy`);
    return { buffer: group.halves, offset: offset * 2, size: this.length(parameter) * 2 };
  }

  /** Where the rounded copies of all replicas of a parameter's value lie. */
  roundedRange(parameter: Tensor): BufferRange {
    const { group, offset } = this.locate(parameter);
    if (!group.rounded) throw new Error(`${parameterAttributes(parameter).name} has no rounded copy`);
    return { buffer: group.rounded, offset: offset * 4, size: this.length(parameter) * 4 };
  }

  /** Where the partial sums of a parameter's gradient lie. */
  gradientRange(parameter: Tensor): BufferRange {
    const { group, gradientOffset } = this.locate(parameter);
    if (!group.gradients) throw new Error(`${parameterAttributes(parameter).name} has no gradient`);
    return {
      buffer: group.gradients,
      offset: gradientOffset * 4,
      size: this.length(parameter) * (this.options.splits.get(parameter) ?? 1) * 4,
    };
  }

  get parameters(): readonly Tensor[] {
    return this.groups.flatMap(({ members }) => members.map(({ parameter }) => parameter));
  }

  /** Whether a parameter has moments (is trained by an optimizer that keeps them), or an average. */
  hasSlot(parameter: Tensor, slot: ParameterSlot): boolean {
    return slotBuffer(this.locate(parameter).group, slot) !== undefined;
  }

  /** Makes what writes need to keep the f16 copies up to date, and the copies themselves. To be awaited before the first run. */
  async prepare(): Promise<void> {
    const groups = this.groups.flatMap(({ values, halves }) => (halves ? [[values, halves]] : []));
    if (groups.length === 0) return;
    const { halvingKernel } = await import('../kernels/mixed.ts');
    this.halving = await createCommands(
      this.workspace,
      groups.map((buffers) => ({
        kernel: halvingKernel((buffers[0]?.size ?? 0) / 4, this.workspace.gpu.capabilities),
        ranges: buffers.map((buffer) => ({ buffer, offset: 0, size: buffer.size })),
      })),
    );
    this.refresh();
  }

  write(writes: readonly ParameterWrite[]): void {
    for (const one of writes) this.put(one);
    this.refresh();
  }

  /** Where one slot of one replica of a parameter lies. */
  requestedRange({ parameter, slot, replica }: ParameterRequest): BufferRange {
    const { group, offset } = this.locate(parameter);
    return {
      buffer: this.buffer(group, slot),
      offset: (offset + replica * replicaStride(parameter)) * 4,
      size: elements(parameter.shape) * 4,
    };
  }

  /** Reads some parameters, all as they are at one moment between submits. */
  async read(requests: readonly ParameterRequest[]): Promise<Float32Array[]> {
    const ranges = requests.map((request) => this.requestedRange(request));
    return ranges.length === 0 ? [] : (await readRanges(this.workspace, ranges)).map((bytes) => new Float32Array(bytes));
  }

  /** All that a training step changes for the next: values with their copies, moments and averages. */
  get kept(): readonly GPUBuffer[] {
    return this.groups.flatMap(({ values, halves, moments, averages }) =>
      [values, halves, ...moments, averages].filter((buffer) => buffer !== undefined),
    );
  }

  /** Bytes of values with their copies, of moments with averages, and of gradients. */
  get bytes(): { parameters: number; moments: number; gradients: number } {
    const sum = (pick: (group: ParameterGroup) => number) => this.groups.reduce((total, group) => total + pick(group), 0);
    return {
      parameters: sum(({ values, halves, rounded }) => values.size + (halves?.size ?? 0) + (rounded?.size ?? 0)),
      moments: sum(({ moments, averages }) => moments.reduce((total, { size }) => total + size, averages?.size ?? 0)),
      gradients: sum(({ gradients }) => gradients?.size ?? 0),
    };
  }

  /** A first value, as which its average begins. */
  private putFirst(parameter: Tensor, replica: number, data: Float32Array): void {
    for (const slot of ['value', 'average'] as const)
      if (this.hasSlot(parameter, slot)) this.put({ parameter, slot, replica, data });
  }

  private put({ data, ...request }: ParameterWrite): void {
    const { buffer, offset } = this.requestedRange(request);
    this.workspace.write(buffer, offset, data);
  }

  /**
   * Makes the f16 copies anew where values were written by others. The GPU rounds them, as it does when the optimizer writes them: a
   * restored training goes on bit-identically.
   */
  refresh(): void {
    if (this.halving.length > 0) this.workspace.submit((encoder) => encode(encoder, this.halving));
  }

  private length(parameter: Tensor): number {
    return replicaStride(parameter) * this.options.replicas;
  }

  private locate(parameter: Tensor) {
    const location = this.locations.get(parameter);
    if (!location) throw new Error(`${parameterAttributes(parameter).name} is no parameter of this network`);
    return location;
  }

  private buffer(group: ParameterGroup, slot: ParameterSlot): GPUBuffer {
    const buffer = slotBuffer(group, slot);
    if (!buffer) throw new Error(`These parameters have no ${slot}`);
    return buffer;
  }

  private allocate(layout: GroupLayout): ParameterGroup {
    const { members, values, gradients } = layout;
    const { roundings = [] } = this.options;
    const make = (label: string, size: number) => this.workspace.createBuffer(label, size * 4, STORAGE | COPY_SRC | COPY_DST);
    const moments = gradients > 0 ? this.options.moments : 0;
    const group: ParameterGroup = {
      members,
      values: make('parameters', values),
      halves: this.options.precision === 'mixed' ? make('parameters in f16', values / 2) : undefined,
      rounded: roundings.some(({ weights }) => members.some(({ parameter }) => parameter === weights))
        ? make('rounded parameters', values)
        : undefined,
      moments: Array.from({ length: moments }, (_, index) => make(`moments ${index + 1}`, values)),
      averages: this.options.averaged && gradients > 0 ? make('averages', values) : undefined,
      gradients: gradients > 0 ? make('gradients', gradients) : undefined,
    };
    for (const { parameter, value, gradient } of members) {
      this.locations.set(parameter, { group, offset: value, gradientOffset: gradient });
      for (let replica = 0; replica < this.options.replicas; replica++)
        this.putFirst(parameter, replica, parameterAttributes(parameter).initial(replica));
    }
    return group;
  }
}

function slotBuffer({ values, moments, averages }: ParameterGroup, slot: ParameterSlot): GPUBuffer | undefined {
  return { value: values, moment1: moments[0], moment2: moments[1], average: averages }[slot];
}

/**
 * Allocates and initialises the parameters that plans of a layout need, with moments and gradients where it has an optimizer. Throws a
 * LimitError, before it allocates, where they exceed the adapter's limits. The layout's kernels begin to compile meanwhile: drawing
 * millions of weights takes as long.
 */
export function createParameters(workspace: Workspace, parameters: readonly Tensor[], layout: GraphLayout): ParameterStore {
  // Who makes the plan meets a failure.
  for (const { kernel } of layout.lowered.dispatches) workspace.gpu.pipelines.get(kernel).catch(() => undefined);
  return new ParameterStore(workspace, parameters, storeOptions(layout));
}
