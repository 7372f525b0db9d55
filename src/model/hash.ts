import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { namelessLayers } from './nameless.ts';
import type { Model } from './types.ts';

const hashes = new WeakMap<Model, string>();

/**
 * SHA-256, in hex, of the model's canonical JSON: object keys sorted, defaults filled in (as models have them), layer names and
 * `trainable` left out, the keys of shared weights and the names of taps replaced by numbers in the order in which they come. It is
 * computed once for each model, which is frozen.
 */
export function modelHash(m: Model): string {
  const known = hashes.get(m);
  if (known !== undefined) return known;
  const hash = bytesToHex(sha256(utf8ToBytes(canonicalJson({ ...m, layers: namelessLayers(m.layers) }))));
  if (Object.isFrozen(m)) hashes.set(m, hash);
  return hash;
}

/** JSON with sorted keys. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
