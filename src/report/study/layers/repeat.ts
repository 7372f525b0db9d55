import type { RepeatLayer } from '../../../model/types.ts';

export function repeatText({ times }: RepeatLayer): string {
  return `${times} times, with the same weights`;
}
