import type { RepeatLayer } from '../../../model/types.ts';
import type { Picture } from './picture.ts';

export function repeatText({ times }: RepeatLayer): string {
  return `${times} times, with the same weights`;
}

export const repeatPicture: Picture = { repeats: true };
