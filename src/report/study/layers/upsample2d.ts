import type { Upsample2dLayer } from '../../../model/layers/upsample2d.ts';
import { by } from './details.ts';

export function upsample2dText({ factor }: Upsample2dLayer): string {
  return `${by(factor)} times as large`;
}
