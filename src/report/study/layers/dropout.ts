import type { DropoutLayer } from '../../../model/layers/dropout.ts';

export function dropoutText({ rate }: DropoutLayer): string {
  return `rate ${rate}`;
}
