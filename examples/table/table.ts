import type { Gpu } from 'paredown/node';
import type { DataSource } from './data.ts';

/** What the person chose that changes results. */
export interface Settings {
  /** [3, or what the table says] */
  readonly seeds?: number;
  /** Instead of the row's own length. */
  readonly steps?: number;
  readonly epochs?: number;
  /** Share of the row's own length [1]. */
  readonly scale: number;
}

/** One published table or figure: rows that are run one after the other, what is shown of each, and what is drawn of all. */
export interface Table {
  readonly name: string;
  readonly title: string;
  /** Choices that the paper leaves open, and how its contradictions are read. */
  readonly notes: readonly string[];
  readonly columns: readonly Column[];
  rows(settings: Settings, data: DataSource): Promise<readonly Row[]>;
  /** Pictures of the rows that are finished; `length` says whether they are of full length, for the subtitle. */
  figures(results: Results, data: DataSource, length: string): Promise<readonly Figure[]>;
  /** What the paper claims, held against the rows that are finished; a claim whose rows are missing is left out. */
  claims?(results: Results): readonly Claim[];
}

export interface Column {
  readonly title: string;
  /** Room for what is not known before the row was run [that of the title]. */
  readonly width?: number;
  readonly align?: 'left' | 'right';
}

export interface Row {
  /** Unique in its table. */
  readonly name: string;
  /** All that decides the result, but for the adapter: a finished row with another recipe is run again. */
  readonly recipe: object;
  /** What is trained and how long, in words: `20,000 steps of 50, 55,000 images, seeds 1 to 3`. */
  readonly training: string;
  /** Share of the paper's training. */
  readonly scale: number;
  /** How many trainings it is, from seed 1 on. */
  readonly seeds: number;
  /** How long it takes beside other rows of its table, in any unit; rows that can be extended have one unit in all tables. */
  readonly cost: number;
  /** Whether an interrupted run goes on from within; another one begins anew. */
  readonly resumes?: boolean;
  /** Absent where the row needs what is not built yet. */
  readonly run?: (context: Context) => Promise<object>;
  /** Trains the seeds that `begun`, the row's result from fewer of them, lacks, and gives the result of all; absent where all are trained at once. */
  readonly extend?: (begun: object, context: Context) => Promise<object>;
  /** Cells of the table; of what is not known yet where there is no result. */
  cells(result: object | undefined): readonly string[];
}

/** What a row runs on. */
export interface Context {
  readonly gpu: Gpu;
  readonly data: DataSource;
  readonly signal: AbortSignal;
  /** Path of a file that the row may keep while it runs, to go on after an interruption; removed when the row is finished. */
  keep(name: string): string;
  /** Share of the row that is done, from 0 to 1, and a few words on where it is. */
  progress(share: number, text: string): void;
  /** What the row has just kept takes an interrupted run to this share of it. */
  reached(share: number): Promise<void>;
  note(text: string): void;
}

export interface Figure {
  /** File name, such as `accuracy.svg`. */
  readonly file: string;
  readonly svg: string;
}

export interface Claim {
  readonly text: string;
  readonly holds: boolean;
  /** The figures it was held against. */
  readonly found: string;
}

/** Results by the row's name. */
export type Results = ReadonlyMap<string, object>;

export const NOT_YET = 'not yet';
export const UNKNOWN = '';
