import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { canonicalJson } from '../core/json.ts';
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
