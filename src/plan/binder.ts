import type { BufferRange } from '../gpu/buffers.ts';
import type { Kernel } from '../gpu/kernel.ts';
import type { GraphLayout } from './layout.ts';
import type { Bound } from './lower.ts';
import type { MemoryPlan } from './memory.ts';
import type { ParameterStore } from './parameters.ts';
import type { TrainingState } from './state.ts';
import { type Storage, storageBytes } from './storage.ts';

/** Bytes of the buffer that takes what nobody reads. */
export const SINK_BYTES = 256 * 16;

/** What outlives a plan. */
interface StoredValues {
  readonly state: TrainingState;
  readonly parameters: ParameterStore;
  readonly averages?: boolean;
}

/** Finds the buffer behind what a lowered dispatch binds. */
export class Binder {
  private readonly state: TrainingState;
  private readonly memory: MemoryPlan;
  private readonly arenas: readonly GPUBuffer[];
  private readonly nothing: GPUBuffer;
  private readonly sink: GPUBuffer;
  /** Where parameters, their f16 and their rounded copies and their gradients lie. */
  private readonly stored: ReadonlyMap<Storage, BufferRange>;

  constructor(
    { lowered, memory }: GraphLayout,
    { state, parameters: store, averages = false }: StoredValues,
    make: (label: string, bytes: number) => GPUBuffer,
  ) {
    this.state = state;
    this.memory = memory;
    this.arenas = memory.arenas.map((bytes, index) => make(`activations ${index}`, bytes));
    this.nothing = make('nothing', 256);
    this.sink = make('sink', SINK_BYTES);
    this.stored = new Map([
      ...store.parameters.map((parameter) => {
        const slot = averages ? store.usedSlot(parameter) : 'value';
        return [lowered.placements.of(parameter).storage, store.range(parameter, slot)] as const;
      }),
      ...[...lowered.halves].map(([parameter, storage]) => [storage, store.halfRange(parameter)] as const),
      ...lowered.roundings.map(({ weights, storage }) => [storage, store.roundedRange(weights)] as const),
      ...lowered.gradients.map(({ parameter, storage }) => [storage, store.gradientRange(parameter)] as const),
    ]);
  }

  bind(kernel: Kernel, bound: readonly Bound[]): BufferRange[] {
    return bound.map((item, binding) => {
      if (item === 'state') return this.state.range;
      // What an operand that is absent is bound to: zeros to read, or memory of its own that nobody reads.
      if (item === undefined)
        return kernel.bindings[binding] === 'read'
          ? { buffer: this.nothing, offset: 0, size: 256 }
          : { buffer: this.sink, offset: 256 * binding, size: 256 };
      return this.range(item);
    });
  }

  has(storage: Storage): boolean {
    return this.stored.has(storage) || this.memory.ranges.has(storage);
  }

  range(storage: Storage): BufferRange {
    const stored = this.stored.get(storage);
    if (stored) return stored;
    const range = this.memory.ranges.get(storage);
    const buffer = range && this.arenas[range.arena];
    if (!range || !buffer) throw new Error(`The tensor of ${storage.label} has no memory: nothing in this plan uses it`);
    return { buffer, offset: range.offset, size: storageBytes(storage) };
  }
}
