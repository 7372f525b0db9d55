import type { Settings, Table } from '../table/table.ts';

/** How long a table's rows are to be trained on an adapter, and which of them. */
export interface Goal {
  readonly table: Table;
  readonly settings: Omit<Settings, 'seeds'>;
  /** Names the folder `TABLE.WORD` where the table's own holds another length. */
  readonly word: string;
  /** Rows that are not wanted here, by their names. */
  readonly leaves?: { readonly rows: RegExp; readonly why: string };
}

/** Studies that are no rows of a table, and how they are run. */
export const ELSEWHERE =
  'Ke et al. at 64 pixels is a study of its own, for a GPU: more than a hundred trainings of up to 150,740,992 multiply-accumulates an image are days on a software driver. npm run paredown -- complexity --data lfw-gender --size 64 --baseline f=64,s=64,k=5,l=3';

/** The published length, but for what a software driver can't do in days. */
export function goalOf(table: Table, kind: 'gpu' | 'cpu'): Goal {
  if (kind === 'cpu' && table.name === 'babu-cifar')
    return {
      table,
      settings: { scale: 1, epochs: 20 },
      word: '20-epochs',
      leaves: {
        rows: /\/alexnet(-gap)?$/,
        why: 'none of the small networks, and 7 to 9 s a step of 128 on llvmpipe (2026-11-22): three hours and more for each seed; a GPU trains it',
      },
    };
  return { table, settings: { scale: 1 }, word: 'full' };
}
