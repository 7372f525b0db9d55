import type { CapsulesLayer } from '../../../model/layers/capsules.ts';
import { listed } from './details.ts';

export function capsulesText({ count, dimension, bias }: CapsulesLayer): string {
  return listed(`${count} of ${dimension} numbers`, !bias && 'no bias');
}
