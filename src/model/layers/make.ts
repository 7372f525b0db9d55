import { refuseUnknown } from '../../core/arguments.ts';
import { asFields, type Fields, optionalName } from '../fields.ts';
import { deepFreeze } from '../freeze.ts';
import type { NamedLayer, SimpleDefinition } from './definition.ts';

/** What to write for the name of a layer whose maker takes no options. */
export const NAMED = "for a name of its own { ...flatten(), name: 'features' }, with any layer in place of flatten()";

/** A layer that is not yet part of a model: errors name it by its type. */
export function makeLayer<L extends NamedLayer>(definition: SimpleDefinition<L>, given: object, options: object = {}): L {
  const { type } = definition;
  const fields = { ...asFields(type, 'the options', options), ...given };
  return deepFreeze(completeFields(type, definition, fields, () => definition.complete(type, fields)));
}

/** A layer of checked fields; `own` checks those that its type has. */
export function completeFields<L extends NamedLayer>(
  where: string,
  { type, fields: known }: { readonly type: L['type']; readonly fields: readonly PropertyKey[] },
  fields: Fields,
  own: () => Omit<L, keyof NamedLayer>,
): L {
  refuseUnknown(where, fields, ['type', 'name', ...known.map(String)], 'field');
  const name = optionalName(where, fields.name);
  return { type, ...(name !== undefined && { name }), ...own() } as L;
}

/** A type's own fields and those that it shares: a bundler that sees a spread keeps the type though nobody uses it. */
export function withShared<const Own extends string, Shared extends string>(
  own: readonly Own[],
  shared: readonly Shared[],
): readonly (Own | Shared)[] {
  return [...own, ...shared];
}
