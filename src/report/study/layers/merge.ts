import type { MergeLayer } from '../../../model/types.ts';
import type { Picture } from './picture.ts';

export function mergeText({ kind, paths }: MergeLayer): string {
  return `${paths.length} paths, ${kind === 'add' ? 'added' : 'multiplied'}`;
}

export function mergePicture({ kind }: MergeLayer): Picture {
  return { join: kind === 'add' ? '+' : '\u00d7' };
}
