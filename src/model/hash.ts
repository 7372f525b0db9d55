import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { innerLists, withInnerLists } from './layers/registry.ts';
import type { Layer, Model } from './types.ts';

const hashes = new WeakMap<Model, string>();

/**
 * SHA-256, in hex, of the model's canonical JSON: object keys sorted, defaults filled in (as models have them), layer names left
 * out. It is computed once for each model, which is frozen.
 */
export function modelHash(m: Model): string {
  const known = hashes.get(m);
  if (known !== undefined) return known;
  const nameless = { format: m.format, input: m.input, layers: m.layers.map(withoutName) };
  const hash = bytesToHex(sha256(utf8ToBytes(canonicalJson(nameless))));
  if (Object.isFrozen(m)) hashes.set(m, hash);
  return hash;
}

function withoutName(layer: Layer): Layer {
  const { name: _, ...rest } = layer;
  return withInnerLists(
    rest,
    innerLists(rest).map(({ layers }) => layers.map(withoutName)),
  );
}

/** JSON with sorted keys. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
