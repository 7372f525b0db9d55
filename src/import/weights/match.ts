import { DataError } from '../../core/errors.ts';
import { formatShape, type Shape, type Value } from '../../core/value.ts';
import { type Foreign, type Layout, nameIn } from './layout.ts';

interface Wanted {
  readonly slot: { readonly name: string };
  readonly foreign: ReadonlyMap<string, Foreign>;
}

/**
 * Their names by ours, by shapes: layers and modules of the same shapes belong together. Where there are several of the same shapes, they
 * do in their order, if the modules' names differ in numbers alone (`features.0`, `features.3`; `conv2d`, `conv2d_1`). Throws a DataError where that leaves more
 * than one way, or none.
 */
export function matchedModules(
  slots: readonly Wanted[],
  tensors: ReadonlyMap<string, Value>,
  layout: Layout,
): ReadonlyMap<string, string> {
  const modules = grouped(modulesOf(tensors, layout.separator));
  const found = new Map<string, string>();
  for (const [signature, layers] of grouped(new Map(slots.map((wanted) => [wanted, rolesOf(wanted)])))) {
    const named = modules.get(signature) ?? [];
    const names = layers.map(({ slot }) => slot.name);
    if (named.length !== layers.length)
      throw new DataError(
        `weightsFrom: ${names.join(', ')} ${layers.length === 1 ? 'wants' : 'want'} ${layers.length} of ${signature}, but there are ${named.length}: ` +
          `${named.join(', ') || `none among ${[...modules.keys()].join('; ')}`}. If it is the same network, tell them by names`,
      );
    const patterns = new Set(named.map((name) => layout.numbered(name).replaceAll(/\d+/g, '#')));
    if (patterns.size > 1)
      throw new DataError(
        `weightsFrom: which of ${named.join(', ')} are ${names.join(', ')} the shapes alone do not tell: all are ${signature}; ` +
          `write names: { '${names[0]}': '${named[0]}', ... }`,
      );
    const inOrder = [...named].sort((a, b) => byNumbers(layout.numbered(a), layout.numbered(b)));
    layers.forEach(({ slot, foreign }, index) => {
      for (const [role, weight] of foreign) found.set(`${slot.name}/${role}`, nameIn(layout, inOrder[index] ?? '', weight.role));
    });
  }
  return found;
}

/** The shapes of each module's tensors, by their last names. */
function modulesOf(tensors: ReadonlyMap<string, Value>, separator: string): ReadonlyMap<string, string> {
  const modules = new Map<string, (readonly [string, Shape])[]>();
  for (const [name, { shape }] of tensors) {
    const at = name.lastIndexOf(separator);
    const module = name.slice(0, Math.max(at, 0));
    modules.set(module, [...(modules.get(module) ?? []), [name.slice(at + 1), shape]]);
  }
  return new Map([...modules].map(([name, roles]) => [name, signatureOf(roles)]));
}

function rolesOf({ foreign }: Wanted): string {
  return signatureOf([...foreign.values()].map(({ role, shape }) => [role, shape]));
}

function signatureOf(roles: readonly (readonly [string, Shape])[]): string {
  return [...roles]
    .sort(([a], [b]) => (a < b ? 1 : -1))
    .map(([role, shape]) => `${role} ${formatShape(shape)}`)
    .join(', ');
}

/** Keys by what they have in common. */
function grouped<K>(values: ReadonlyMap<K, string>): ReadonlyMap<string, K[]> {
  const groups = new Map<string, K[]>();
  for (const [key, value] of values) groups.set(value, [...(groups.get(value) ?? []), key]);
  return groups;
}

function byNumbers(a: string, b: string): number {
  const [left, right] = [a, b].map((name) => (name.match(/\d+/g) ?? []).map(Number));
  const at = (left ?? []).findIndex((number, index) => number !== right?.[index]);
  return at < 0 ? 0 : (left?.[at] ?? 0) - (right?.[at] ?? 0);
}
