import type { Code } from '../code.ts';
import { fromFlash } from './indices.ts';
import type { Term } from './window.ts';

/** The group of output channel k, of so many outputs and inputs, and its first input channel. */
export function groupOf(type: string, outputs: number, inputs: number, groups: number) {
  const isAlone = outputs === 1 || groups === 1;
  return {
    group: (k: string): Code => (isAlone || k === '0' ? [] : [`const ${type} group = ${k} / ${outputs};`]),
    first: (k: string): Term[] => (groups === 1 ? [] : [[outputs === 1 ? k : k === '0' ? '0' : 'group', inputs]]),
  };
}

/** Adds the product of an element of the image and one of the filter. */
export function product(index: string, weight: string): Code {
  return [`sum += x[${index}] * ${fromFlash('filter', weight)};`];
}
