import type { BindingLimit } from '../gpu/limits.ts';
import type { LoweredDispatch } from './lower.ts';
import { checkStorage, type Storage, storageBytes } from './storage.ts';

/** A storage's range in an arena, in bytes. */
export interface Range {
  readonly arena: number;
  readonly offset: number;
  readonly bytes: number;
}

/** When a storage holds something: dispatches `first` to `last`, both included; -1 is before the first. */
export interface Lifetime {
  readonly first: number;
  readonly last: number;
}

export interface MemoryPlan {
  readonly ranges: ReadonlyMap<Storage, Range>;
  readonly lifetimes: ReadonlyMap<Storage, Lifetime>;
  /** Bytes of each arena. */
  readonly arenas: readonly number[];
  /** Bytes that the same storages would take without sharing. */
  readonly unsharedBytes: number;
}

/** An arena while it is filled. */
interface Bin {
  readonly arena: number;
  readonly placed: { range: Range; life: Lifetime }[];
}

export interface MemoryOptions {
  readonly alignment: number;
  readonly maxArenaBytes: number;
  readonly binding: BindingLimit;
  /** Let storages whose lifetimes do not meet share memory [true]; false is for tests. */
  readonly share?: boolean;
}

/**
 * Places activations and inputs in arenas. Two storages alive at the same time never overlap, and no dispatch writes an arena
 * that it reads, since WebGPU refuses to bind one buffer both ways: storages are coloured, a colour an arena, greedily in the
 * order in which they are first written. Within an arena the largest come first, each at the lowest offset free over its
 * lifetime. Throws a LimitError where one storage exceeds what a binding may hold.
 */
export function planMemory(
  dispatches: readonly LoweredDispatch[],
  kept: ReadonlySet<Storage>,
  options: MemoryOptions,
): MemoryPlan {
  const lifetimes = findLifetimes(dispatches, kept);
  for (const storage of lifetimes.keys()) checkStorage(() => `The tensor of ${storage.label}`, storage, options.binding);
  const colours = colour(dispatches, lifetimes);

  const ranges = new Map<Storage, Range>();
  const arenas: number[] = [];
  const bySize = [...lifetimes.keys()].sort((a, b) => storageBytes(b) - storageBytes(a));
  const bins = new Map<number, Bin[]>();
  let unsharedBytes = 0;
  for (const storage of bySize) {
    const bytes = Math.ceil(storageBytes(storage) / options.alignment) * options.alignment;
    unsharedBytes += bytes;
    const life = lifetimes.get(storage) as Lifetime;
    const offsetIn = ({ placed }: Pick<Bin, 'placed'>) => lowestOffset(placed, life, bytes, options.share ?? true);
    const own = bins.get(colours.get(storage) ?? 0) ?? [];
    bins.set(colours.get(storage) ?? 0, own);
    let bin = own.find((one) => offsetIn(one) + storageBytes(storage) <= options.maxArenaBytes);
    if (!bin) {
      bin = { arena: arenas.push(0) - 1, placed: [] };
      own.push(bin);
    }
    const offset = offsetIn(bin);
    const range = { arena: bin.arena, offset, bytes };
    bin.placed.push({ range, life });
    ranges.set(storage, range);
    // Only the end of the last storage may be cut: nothing lies behind it.
    arenas[bin.arena] = Math.max(arenas[bin.arena] ?? 0, Math.min(offset + bytes, options.maxArenaBytes));
  }
  return { ranges, lifetimes, arenas, unsharedBytes };
}

/** Parameters and gradients have arenas of their own and are not planned here. */
function isPlanned(storage: Storage): boolean {
  return storage.kind === 'activation' || storage.kind === 'input';
}

function* storagesOf({ kernel, bound }: LoweredDispatch): Generator<{ storage: Storage; written: boolean }> {
  for (const [index, item] of bound.entries())
    if (item && item !== 'state' && isPlanned(item)) yield { storage: item, written: kernel.bindings[index] === 'write' };
}

function findLifetimes(dispatches: readonly LoweredDispatch[], kept: ReadonlySet<Storage>): Map<Storage, Lifetime> {
  const lifetimes = new Map<Storage, Lifetime>();
  for (const [index, dispatch] of dispatches.entries())
    for (const { storage } of storagesOf(dispatch)) {
      const first = lifetimes.get(storage)?.first ?? (storage.kind === 'input' ? -1 : index);
      lifetimes.set(storage, { first, last: index });
    }
  for (const storage of kept)
    if (isPlanned(storage)) lifetimes.set(storage, { first: lifetimes.get(storage)?.first ?? -1, last: dispatches.length });
  return lifetimes;
}

function colour(dispatches: readonly LoweredDispatch[], lifetimes: ReadonlyMap<Storage, Lifetime>): Map<Storage, number> {
  const conflicts = new Map<Storage, Set<Storage>>();
  for (const storage of lifetimes.keys()) conflicts.set(storage, new Set());
  for (const dispatch of dispatches) {
    const used = [...storagesOf(dispatch)];
    for (const a of used)
      for (const b of used)
        if (a.written && !b.written) {
          if (a.storage === b.storage)
            throw new Error(`${dispatch.kernel.name} reads and writes the same memory (${a.storage.label})`);
          conflicts.get(a.storage)?.add(b.storage);
          conflicts.get(b.storage)?.add(a.storage);
        }
  }
  const colours = new Map<Storage, number>();
  for (const storage of lifetimes.keys()) {
    const taken = new Set([...(conflicts.get(storage) ?? [])].map((other) => colours.get(other)));
    let free = 0;
    while (taken.has(free)) free++;
    colours.set(storage, free);
  }
  return colours;
}

function lowestOffset(
  placed: readonly { range: Range; life: Lifetime }[],
  life: Lifetime,
  bytes: number,
  share: boolean,
): number {
  const blocking = placed
    .filter((other) => !share || (other.life.first <= life.last && life.first <= other.life.last))
    .map(({ range }) => range)
    .sort((a, b) => a.offset - b.offset);
  let offset = 0;
  for (const range of blocking) {
    if (range.offset - offset >= bytes) break;
    offset = Math.max(offset, range.offset + range.bytes);
  }
  return offset;
}
