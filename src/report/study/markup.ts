/** Text that is HTML already. */
export class Markup {
  constructor(readonly text: string) {}
}

type Part = Markup | string | number | false | undefined | readonly Part[];

/** A template of HTML: what is put in is escaped, unless it is markup itself; a list is joined, undefined and false leave nothing. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  return new Markup(strings.map((text, index) => text + (index < parts.length ? textOf(parts[index]) : '')).join(''));
}

/** The text that goes between tags or into a quoted attribute. What no HTML may hold (control characters, lone surrogates) is shown as U+FFFD. */
export function escaped(text: string): string {
  return text
    .replace(/(?![\t\n\r])\p{Control}|[\ufffe\uffff]|\p{Surrogate}/gu, '\ufffd')
    .replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

function textOf(part: Part): string {
  if (part === undefined || part === false) return '';
  if (part instanceof Markup) return part.text;
  if (typeof part === 'object') return part.map(textOf).join('');
  return escaped(String(part));
}

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
  rows: readonly (readonly Part[])[],
  options: { readonly total?: readonly Part[]; readonly emphasis?: (row: number) => boolean } = {},
): Markup {
  const cell = (content: Part, column: number) => html`<td${CLASSES[columns[column]?.kind ?? 'text']}>${content}</td>`;
  const cells = (row: readonly Part[]) => row.map(cell);
  return html`<div class="scroll" tabindex="0" role="group" aria-label="Table that scrolls"><table>
<caption>${caption}</caption>
<thead><tr>${columns.map(({ title, kind = 'text' }) => html`<th scope="col"${CLASSES[kind]}>${title}</th>`)}</tr></thead>
<tbody>
${rows.map((row, index) => html`${options.emphasis?.(index) ? html`<tr class="best">` : html`<tr>`}${cells(row)}</tr>\n`)}</tbody>
${options.total && html`<tfoot><tr>${cells(options.total)}</tr></tfoot>`}</table></div>`;
}

/** Names and what belongs to them. */
export function factsOf(facts: readonly (readonly [name: string, value: Part])[]): Markup {
  return html`<dl class="facts">${facts.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}
