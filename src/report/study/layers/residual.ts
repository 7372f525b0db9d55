import type { ResidualLayer } from '../../../model/types.ts';

export function residualText({ shortcut }: ResidualLayer): string {
  return shortcut ? 'shortcut + layers' : 'x + what it holds';
}
