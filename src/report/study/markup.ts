import { escaped, html, Markup, type MarkupPart } from '../../core/markup.ts';

export { escaped, html, Markup };

export interface Column {
  readonly title: string;
  /** A number is aligned to the right; words have some room before they break ['text']. */
  readonly kind?: 'number' | 'words' | 'text';
}

const CLASSES = { number: new Markup(' class="n"'), words: new Markup(' class="w"'), text: undefined } as const;

/** A table with a caption and named columns, in a box of its own that scrolls where the window is too narrow. */
export function tableOf(
  caption: string | Markup,
  columns: readonly Column[],
  rows: readonly (readonly MarkupPart[])[],
  options: { readonly total?: readonly MarkupPart[]; readonly emphasis?: (row: number) => boolean } = {},
): Markup {
  const cell = (content: MarkupPart, column: number) => html`<td${CLASSES[columns[column]?.kind ?? 'text']}>${content}</td>`;
  const cells = (row: readonly MarkupPart[]) => row.map(cell);
  return html`<div class="scroll" tabindex="0" role="group" aria-label="Table that scrolls"><table>
<caption>${caption}</caption>
<thead><tr>${columns.map(({ title, kind = 'text' }) => html`<th scope="col"${CLASSES[kind]}>${title}</th>`)}</tr></thead>
<tbody>
${rows.map((row, index) => html`${options.emphasis?.(index) ? html`<tr class="best">` : html`<tr>`}${cells(row)}</tr>\n`)}</tbody>
${options.total && html`<tfoot><tr>${cells(options.total)}</tr></tfoot>`}</table></div>`;
}

/** Names and what belongs to them. */
export function factsOf(facts: readonly (readonly [name: string, value: MarkupPart])[]): Markup {
  return html`<dl class="facts">${facts.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}
