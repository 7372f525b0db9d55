import { OptionError } from '../core/errors.ts';

/**
 * The names of the layers of one list: their own, or their type and a number counted among the layers of that type without
 * a name (`conv2d_1`), passing over names that are taken. Throws an OptionError when two layers are given the same name.
 */
export function layerNames(where: string, layers: readonly { readonly type: string; readonly name?: string }[]): string[] {
  const taken = new Map<string, number>();
  layers.forEach(({ name }, index) => {
    if (name === undefined) return;
    const other = taken.get(name);
    if (other !== undefined)
      throw new OptionError(`${where}[${index}] and ${where}[${other}] are both named '${name}'; give each layer its own name`);
    taken.set(name, index);
  });
  const numbers = new Map<string, number>();
  return layers.map(({ type, name }) => {
    if (name !== undefined) return name;
    let number = numbers.get(type) ?? 0;
    do number++;
    while (taken.has(`${type}_${number}`));
    numbers.set(type, number);
    return `${type}_${number}`;
  });
}
