import type { TapLayer } from '../../../model/layers/tap.ts';

export function tapText({ tap }: TapLayer): string {
  return `kept as ${tap}`;
}
