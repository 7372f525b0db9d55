import type { Model } from '../model/types.ts';
import { babu } from './babu.ts';
import { dhingra } from './dhingra.ts';
import { gulati } from './gulati.ts';
import { han } from './han.ts';
import { keEntries } from './ke.ts';
import { nahhas } from './nahhas.ts';
import { records } from './records.ts';

/** The published networks by name, in the order of their studies, those that papers on compression compare by, then the smallest in public; each model is made when it is first asked for. */
export const zoo: Readonly<Record<string, Model>> = /* @__PURE__ */ byName();

function byName(): Readonly<Record<string, Model>> {
  return Object.freeze(
    Object.defineProperties(
      {},
      Object.fromEntries(
        [...dhingra, ...gulati, ...nahhas, ...keEntries, ...babu, ...han, ...records].map(([name, make]) => {
          let made: Model | undefined;
          return [name, { enumerable: true, get: () => (made ??= make()) }];
        }),
      ),
    ),
  );
}
