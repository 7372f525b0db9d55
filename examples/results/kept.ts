import { printed } from '../table/conclude.ts';
import type { Finished, ResultsFile } from '../table/store.ts';

/** A table that was run at some length. */
export interface Kept {
  /** Of the folder: the table's, or `TABLE.WORD` for the same table at another length. */
  readonly name: string;
  readonly file: ResultsFile;
  /** What else there is to say, from its notes.md. */
  readonly notes?: string;
}

/** The rows that its conclusion prints. */
export function rowsOf({ file: { conclusion, finished } }: Kept): readonly Finished[] {
  return conclusion ? printed(conclusion, finished) : [];
}

/** The least share of the paper's training of which a row was. */
export function scaleOf(kept: Kept): number {
  return Math.min(...rowsOf(kept).map(({ scale }) => scale));
}
