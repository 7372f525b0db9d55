import { OptionError } from '../core/errors.ts';
import { shown } from '../core/shown.ts';

/** A copy, frozen. Throws an OptionError that begins with `where` unless they are texts, no two the same. */
export function checkedNames(where: string, names: unknown): readonly string[] {
  if (!Array.isArray(names) || !Array.from(names).every((name) => typeof name === 'string' && name !== ''))
    throw new OptionError(`${where}: classNames must be an array of texts, got ${shown(names)}`);
  const seen = new Set<string>();
  for (const name of names as string[]) {
    if (seen.has(name)) throw new OptionError(`${where}: classNames has "${name}" twice; each class needs a name of its own`);
    seen.add(name);
  }
  return Object.freeze([...seen]);
}

/** As `checkedNames`, one for each of so many classes; undefined where the samples have targets. */
export function namesOfClasses(where: string, names: unknown, classes: number | undefined): readonly string[] {
  const checked = checkedNames(where, names);
  if (classes === undefined) throw new OptionError(`${where}: classNames belong to labels (classes), but it has targets`);
  if (checked.length !== classes)
    throw new OptionError(`${where}: there are ${classes} classes, but ${checked.length} classNames; each class needs one`);
  return checked;
}

/** '0', '1' and so on. */
export function numbered(classes: number): string[] {
  return Array.from({ length: classes }, (_, index) => `${index}`);
}
