import type { Table } from '../table.ts';
import { babuCifar } from './babu-cifar.ts';
import { babuDepth } from './babu-depth.ts';
import { babuDoubleDescent } from './babu-double-descent.ts';
import { babuRandomFeatures } from './babu-random-features.ts';
import { babuSine } from './babu-sine.ts';
import { dhingra } from './dhingra.ts';
import { gulati } from './gulati.ts';
import { han } from './han.ts';
import { nahhas } from './nahhas.ts';

/** Every table by name, in the order of the papers. */
export const tables: ReadonlyMap<string, Table> = new Map(
  [...dhingra, ...gulati, ...nahhas, babuCifar, babuRandomFeatures, babuDoubleDescent, babuDepth, babuSine, han].map((table) => [
    table.name,
    table,
  ]),
);
