import figures from './published.json' with { type: 'json' };

/** A row of a published table, or a figure that a text gives; null where the paper gives none. */
export interface PublishedFigure {
  readonly paper: string;
  /** Number of the table, or 'text'. */
  readonly table: string;
  readonly model: string;
  /** As the paper counts: Dhingra without biases, the others with. */
  readonly params: number | null;
  readonly accuracy: number | null;
  /** What is printed as time; its meaning differs by paper. */
  readonly time_s: number | null;
  readonly memory: string | null;
  readonly notes: string;
  /** Names in the zoo of the networks that the row may mean. */
  readonly zoo: readonly string[] | null;
  readonly parametersWithBiases: Readonly<Record<string, number | null>> | null;
  /** A second value, where a paper contradicts itself. */
  readonly accuracy_alt?: number;
  /** El Nahhas' accuracy on ten digits of his own. */
  readonly test10?: number;
  /** Babu and Enouen's grids: depth 1 to 10 by width 1 to 20. */
  readonly matrix?: readonly (readonly number[])[];
}

/** Every figure that the five studies print. */
export const published = figures as unknown as readonly PublishedFigure[];
