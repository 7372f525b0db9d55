import { DataError } from '../../src/core/errors.ts';

/** The same numbers from 0 to below 2^32 in each run (Numerical Recipes' linear congruential generator). */
function randomNumbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** A file with a few bytes changed, and at times cut, lengthened, or with a part of it elsewhere. */
function mutated(file: Uint8Array, random: (below: number) => number): Uint8Array {
  const bytes = [...file];
  for (let changes = 1 + random(4); changes > 0; changes--) {
    const at = random(bytes.length);
    const kind = random(8);
    if (kind < 4) bytes[at] = random(256);
    else if (kind === 4) bytes[at] = [0, 1, 0x7f, 0x80, 0xff][random(5)] as number;
    else if (kind === 5) bytes.splice(at, 1 + random(8));
    else if (kind === 6) bytes.splice(at, 0, ...bytes.slice(random(bytes.length)).slice(0, 16));
    else bytes.length = Math.max(1, at);
  }
  return Uint8Array.from(bytes);
}

/** How many files are tried. */
export const COUNT = 1000;

/** What `read` makes of each of a thousand mutations: how many it read, and how many it refused by a DataError. Any other error fails the test. */
export async function outcomes(files: readonly Uint8Array[], read: (file: Uint8Array) => unknown, mutate = mutated) {
  const random = randomNumbers(1);
  const outcome = { read: 0, refused: 0 };
  for (let i = 0; i < COUNT; i++) {
    const file = mutate(files[i % files.length] as Uint8Array, random);
    try {
      await read(file);
      outcome.read++;
    } catch (error) {
      if (!(error instanceof DataError)) throw new Error(`mutation ${i}: ${Buffer.from(file).toString('hex')}`, { cause: error });
      outcome.refused++;
    }
  }
  return outcome;
}
