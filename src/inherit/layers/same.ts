import { canonicalJson } from '../../core/json.ts';
import type { ResolvedLayer } from '../../model/resolve.ts';
import type { Layer } from '../../model/types.ts';
import type { Handover } from '../rule.ts';

/** Whether two layers are the same but for their names. */
export function sameLayer({ name: _a, ...a }: Layer, { name: _b, ...b }: Layer): boolean {
  return canonicalJson(a) === canonicalJson(b);
}

/** Gives the child's layer all weights of the parent's, where the shapes of all are the same; says whether they were. */
export function gaveAll(handover: Handover, parent: ResolvedLayer, child: ResolvedLayer): boolean {
  const pairs = child.parameters.map((parameter) => {
    const value = handover.parent(parent, parameter.name.slice(parameter.name.lastIndexOf('/') + 1));
    return { parameter, value: value?.shape.join() === parameter.shape.join() ? value : undefined };
  });
  if (pairs.some(({ value }) => value === undefined)) return false;
  for (const { parameter, value } of pairs) if (value) handover.give(parameter, value.data.slice());
  return true;
}
