import type { GateLayer } from '../../../model/types.ts';

export function gateText(_layer: GateLayer): string {
  return 'x * what it holds';
}
