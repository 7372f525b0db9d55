import type { MergeLayer } from '../../../model/types.ts';

export function mergeText({ kind, paths }: MergeLayer): string {
  return `${paths.length} paths, ${kind === 'add' ? 'added' : 'multiplied'}`;
}
