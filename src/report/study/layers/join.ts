import type { JoinLayer } from '../../../model/layers/join.ts';

export function joinText({ tap, kind }: JoinLayer): string {
  return kind === 'add' ? `x + ${tap}` : `${tap} beside it`;
}
