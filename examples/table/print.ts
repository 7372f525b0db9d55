import { Table } from '../../src/cli/common/fitted-table.ts';
import type { Conclusion } from './store.ts';
import type { Claim, Column } from './table.ts';

/** A table whose rows are printed one by one: `rows` as far as they are known. */
export function layoutOf(columns: readonly Column[], rows: readonly (readonly string[])[]): Table<readonly string[]> {
  const widest = columns.map(({ width = 0 }) => ' '.repeat(width));
  const described = columns.map((column, index) => ({ ...column, text: (cells: readonly string[]) => cells[index] ?? '' }));
  return new Table(described, [...rows, widest], Number.POSITIVE_INFINITY);
}

export function markdownTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [
    line(columns.map(({ title }) => title)),
    line(columns.map(({ align }) => (align === 'left' ? '---' : '---:'))),
    ...rows.map(line),
  ].join('\n');
}

export function claimLines(claims: readonly Claim[]): string[] {
  return claims.map(({ text, holds, found }) => `${holds ? 'holds' : 'FAILS'}: ${text} (${found})`);
}

/** A table in Markdown, without the mark of its heading: `facts` says what was run, where and when; pictures lie in `folder`. */
export function markdown(
  { title, columns, rows, claims, figures, notes, remarks }: Conclusion,
  facts: readonly string[],
  folder: string,
): string {
  const list = (lines: readonly string[]) => lines.map((line) => `- ${line}`).join('\n');
  return `${[
    title,
    facts.join('  \n'),
    ...(rows.length > 0
      ? [
          markdownTable(
            columns,
            rows.map(({ cells }) => cells),
          ),
        ]
      : []),
    ...(remarks.length > 0 ? [list(remarks)] : []),
    ...(claims.length > 0 ? [list(claimLines(claims))] : []),
    ...figures.map((file) => `![${title}](${folder}${file})`),
    ...(notes.length > 0 ? ['Notes', list(notes)] : []),
  ].join('\n\n')}\n`;
}
