import type { ResidualLayer } from '../../../model/types.ts';

export function residualText(_layer: ResidualLayer): string {
  return 'x + what it holds';
}
