import type { GateLayer } from '../../../model/types.ts';
import type { Picture } from './picture.ts';

export function gateText(_layer: GateLayer): string {
  return 'x * what it holds';
}

export const gatePicture: Picture = { join: '\u00d7', skips: true };
