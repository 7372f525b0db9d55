import { LimitError } from '../core/errors.ts';
import type { BindingLimit } from '../gpu/limits.ts';
import type { ElementType } from '../kernels/view.ts';

/** What memory a piece of memory is: it decides which buffer it may lie in and how long it lives. */
export type StorageKind =
  /** Shares arenas with others by lifetime. */
  | 'activation'
  /** Written from outside before each run, so alive from the start. */
  | 'input'
  /** Lies in the parameters' own arenas. */
  | 'parameter'
  /** Read by the optimizer alone; lies in the gradients' own arenas. */
  | 'gradient';

/** A piece of memory: its elements over all replicas. */
export interface Storage {
  readonly label: string;
  readonly kind: StorageKind;
  /** [f32]; u32 is as large. */
  readonly type?: ElementType;
  elements: number;
}

/** Bytes of one element. */
export function elementBytes({ type }: { readonly type?: ElementType }): number {
  return type === 'f16' ? 2 : 4;
}

/** Bytes that a binding of a storage shows: whole words, as WebGPU wants them. */
export function storageBytes(storage: Storage): number {
  return Math.max(4, Math.ceil((storage.elements * elementBytes(storage)) / 4) * 4);
}

const REMEDIES: Readonly<Record<StorageKind, string>> = {
  activation: 'as much smaller a batch, or a smaller layer',
  input: 'as much smaller a batch, or smaller samples',
  parameter: 'a smaller layer',
  gradient: 'a smaller layer or batch',
};

/** Throws a LimitError where a storage exceeds what a binding may show. */
export function checkStorage(what: () => string, storage: Storage, { limit, bytes: most }: BindingLimit): void {
  const bytes = storageBytes(storage);
  if (bytes <= most) return;
  const share = Math.floor((100 * most) / bytes);
  throw new LimitError(
    limit,
    most,
    bytes,
    what(),
    `Bytes are meant; ${share === 0 ? 'less than 1' : share}% of these would fit: use ${REMEDIES[storage.kind]}, or fewer replicas.`,
  );
}
