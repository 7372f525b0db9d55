import { canonicalJson } from '../../core/json.ts';
import type { Layer } from '../../model/types.ts';

/** Whether two layers are the same but for their names. */
export function sameLayer({ name: _a, ...a }: Layer, { name: _b, ...b }: Layer): boolean {
  return canonicalJson(a) === canonicalJson(b);
}
