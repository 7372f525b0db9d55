import { elements, type Shape } from '../../../core/value.ts';

/** The numbers of a text, between spaces, commas or line ends; undefined where there are none. Throws an error for what is wrong. */
export function numbersIn(text: string, shape: Shape): Float32Array | undefined {
  const words = text.split(/[\s,;]+/).filter((word) => word !== '');
  if (words.length === 0) return undefined;
  const wrong = words.find((word) => !Number.isFinite(Number(word)));
  if (wrong !== undefined) throw new Error(`"${wrong.slice(0, 40)}" is no number`);
  const size = elements(shape);
  if (words.length !== size) throw new Error(`The network takes ${size} numbers, and there are ${words.length}`);
  return Float32Array.from(words, Number);
}
