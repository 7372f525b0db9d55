import type { Conclusion } from './store.ts';
import type { Claim, Column } from './table.ts';

/** Lays out rows in columns of a fixed width, so that they can be printed one by one. */
export class Layout {
  private readonly widths: readonly number[];

  constructor(
    private readonly columns: readonly Column[],
    rows: readonly (readonly string[])[],
  ) {
    this.widths = columns.map(({ title, width = 0 }, index) =>
      Math.max(title.length, width, ...rows.map((cells) => cells[index]?.length ?? 0)),
    );
  }

  get header(): string {
    return `${this.row(this.columns.map(({ title }) => title))}\n${this.widths.map((width) => '-'.repeat(width)).join('  ')}`;
  }

  row(cells: readonly string[]): string {
    return cells
      .map((cell, index) => {
        const width = this.widths[index] ?? 0;
        return this.columns[index]?.align === 'left' ? cell.padEnd(width) : cell.padStart(width);
      })
      .join('  ')
      .trimEnd();
  }
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
