/**
 * Rows of cells as lines of a table for a terminal: each column as wide as its widest cell, two spaces between, and a rule as wide as
 * all. Columns are aligned to the right, those whose index is in `left` to the left.
 */
export function textTable(
  rows: readonly (readonly string[])[],
  left: ReadonlySet<number> = new Set(),
): { readonly lines: readonly string[]; readonly rule: string } {
  const widths = rows.reduce<number[]>((most, row) => row.map((cell, column) => Math.max(cell.length, most[column] ?? 0)), []);
  const filled = (cell: string, column: number) =>
    left.has(column) ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0);
  const lines = rows.map((row) => row.map(filled).join('  ').trimEnd());
  return { lines, rule: '-'.repeat(widths.reduce((sum, width) => sum + width + 2, -2)) };
}
