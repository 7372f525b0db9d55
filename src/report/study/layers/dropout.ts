import type { DropoutLayer } from '../../../model/types.ts';

export function dropoutText({ rate }: DropoutLayer): string {
  return `rate ${rate}`;
}
