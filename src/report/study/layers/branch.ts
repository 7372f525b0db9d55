import type { BranchLayer } from '../../../model/types.ts';

export function branchText({ paths }: BranchLayer): string {
  return `${paths.length} paths side by side`;
}
