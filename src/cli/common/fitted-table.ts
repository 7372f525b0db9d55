/** A column of a table for people. */
export interface Column<Row> {
  readonly title: string;
  readonly text: (row: Row) => string;
  /** [right] */
  readonly align?: 'left' | 'right';
  /** Those with the highest rank are left out first where the terminal is narrow [0: never]. */
  readonly rank?: number;
  /** May be cut to so many characters. */
  readonly least?: number;
}

interface Fitted<Row> {
  readonly column: Column<Row>;
  width: number;
}

const GAP = 2;

/** Columns of this rank and above go before any text is cut. */
const EXTRA = 5;

/** By how much a column may be narrowed. */
function roomOf<Row>({ column: { least }, width }: Fitted<Row>): number {
  return least === undefined ? 0 : Math.max(0, width - least);
}

/** A table whose lines fit a terminal of `width` columns: narrow ones do without the columns that matter least. */
export class Table<Row> {
  private readonly columns: Fitted<Row>[];

  /** `rows`: those to come, or such as have the longest texts. */
  constructor(columns: readonly Column<Row>[], rows: readonly Row[], width: number) {
    this.columns = columns.map((column) => ({
      column,
      width: Math.max(column.title.length, ...rows.map((row) => column.text(row).length)),
    }));
    for (let excess = this.total() - width; excess > 0; excess = this.total() - width) {
      const room = this.columns.reduce((sum, fitted) => sum + roomOf(fitted), 0);
      const rank = Math.max(...this.columns.map(({ column }) => column.rank ?? 0));
      if (rank >= EXTRA || (room < excess && rank > 0)) {
        this.columns.splice(
          this.columns.findIndex(({ column }) => column.rank === rank),
          1,
        );
        continue;
      }
      let left = excess;
      for (const fitted of this.columns) {
        const cut = Math.min(left, roomOf(fitted));
        fitted.width -= cut;
        left -= cut;
      }
      return;
    }
  }

  header(): string {
    return this.line(({ title }) => title);
  }

  /** What stands between the header and the rows. */
  rule(): string {
    return this.columns.map(({ width }) => '-'.repeat(width)).join(' '.repeat(GAP));
  }

  line(text: (column: Column<Row>) => string): string {
    return this.columns
      .map(({ column, width }) => {
        const whole = text(column);
        const fitted = whole.length > width ? `${whole.slice(0, Math.max(0, width - 1))}…` : whole;
        return column.align === 'left' ? fitted.padEnd(width) : fitted.padStart(width);
      })
      .join(' '.repeat(GAP))
      .trimEnd();
  }

  row(row: Row): string {
    return this.line(({ text }) => text(row));
  }

  private total(): number {
    return this.columns.reduce((sum, { width }) => sum + width + GAP, -GAP);
  }
}

/** Columns of the terminal, or what a file or pipe may have. */
export function terminalWidth(): number {
  return process.stdout.columns || Number(process.env.COLUMNS) || 160;
}
