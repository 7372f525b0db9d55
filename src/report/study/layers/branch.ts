import type { BranchLayer } from '../../../model/types.ts';
import type { Picture } from './picture.ts';

export function branchText({ paths }: BranchLayer): string {
  return `${paths.length} paths side by side`;
}

export const branchPicture: Picture = { join: 'concat' };
