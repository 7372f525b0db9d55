import { OptionError } from '../../core/errors.ts';
import { shown } from '../../core/shown.ts';
import type { Layer } from '../types.ts';
import type { InnerList } from './definition.ts';

/** Checks the paths of a layer, at least one. */
export function completePaths(
  where: string,
  paths: unknown,
  completeList: (field: string, scope: string, layers: unknown) => Layer[],
): Layer[][] {
  if (!Array.isArray(paths) || paths.length === 0)
    throw new OptionError(`${where}: paths must be an array of at least one path, got ${shown(paths)}`);
  return Array.from(paths, (path: unknown, index) => completeList(`paths[${index}]`, `${index}/`, path));
}

export function pathLists(paths: readonly (readonly Layer[])[]): InnerList<Layer>[] {
  return paths.map((layers, index) => ({ field: `paths[${index}]`, scope: `${index}/`, layers }));
}
