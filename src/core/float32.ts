import { OptionError } from './errors.ts';

/** The smallest normal float32, below which a GPU may take anything for 0, and the largest float32. */
const SMALLEST = 2 ** -126;
const LARGEST = (2 - 2 ** -23) * 2 ** 127;

/** Throws an OptionError where a finite number would overflow as a float32, or vanish though it is not 0; `what` names it. */
export function checkFloat32(what: string, value: number): void {
  const size = Math.abs(Math.fround(value));
  if (value === 0 || (size >= SMALLEST && size <= LARGEST)) return;
  throw new OptionError(
    `${what} is ${value}, which ${size < 1 ? 'vanishes' : 'overflows'} in float32; it holds 0 and magnitudes from 1.18e-38 to 3.4e38`,
  );
}
