import type { ResidualLayer } from '../../../model/types.ts';
import type { Picture } from './picture.ts';

export function residualText({ shortcut }: ResidualLayer): string {
  return shortcut ? 'shortcut + layers' : 'x + what it holds';
}

export function residualPicture({ shortcut }: ResidualLayer): Picture {
  return { join: '+', skips: shortcut === undefined };
}
