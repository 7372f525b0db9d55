import { adam, DataError, digits } from 'paredown/node';
import type { Goal } from '../../examples/evidence/goals.ts';
import type { DataSource } from '../../examples/table/data.ts';
import type { TableDisplay } from '../../examples/table/display.ts';
import type { Training } from '../../examples/table/recipe.ts';
import type { Table } from '../../examples/table/table.ts';
import { networkTable } from '../../examples/table/tables/network-table.ts';

/** Drawn digits in the place of MNIST; CIFAR-10 is missing. */
export const tinyData = {
  splits: async (name: string) => {
    if (name === 'cifar-10') throw new DataError('CIFAR-10 is not on this machine. Looked in\n  nowhere');
    return digits({ train: 200, test: 100 });
  },
} as unknown as DataSource;

const training = (steps: number): Training => ({
  data: 'mnist',
  batch: 20,
  optimizer: adam({ learningRate: 1e-3 }),
  length: { steps },
});

/** Rows of small networks in so many steps. */
export function tinyTable(name: string, networks: readonly string[], steps: number, data: Training['data'] = 'mnist'): Table {
  return networkTable({
    name,
    title: `Table ${name}`,
    notes: [],
    rows: () => networks.map((network) => ({ network, training: { ...training(steps), data } })),
  });
}

export const goal = (table: Table): Goal => ({ table, settings: { scale: 1 }, word: 'full' });

/** Two tables that share a network. */
export const twoTables = (steps: number): Goal[] => [
  goal(tinyTable('one', ['nahhas/two', 'nahhas/proposed'], steps)),
  goal(tinyTable('two', ['nahhas/proposed'], steps)),
];

/** Gives what is printed to `print`, a line at a time, the progress as `NAME: ...`. */
export const displayTo = (print: (line: string) => void): TableDisplay => ({
  print,
  begin: () => undefined,
  progress: (_, __, text) => print(text),
  close: () => undefined,
});
