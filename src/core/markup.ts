/** Text that is HTML already. */
export class Markup {
  constructor(readonly text: string) {}
}

export type MarkupPart = Markup | string | number | false | undefined | readonly MarkupPart[];

/** A template of HTML: what is put in is escaped, unless it is markup itself; a list is joined, undefined and false leave nothing. */
export function html(strings: TemplateStringsArray, ...parts: readonly MarkupPart[]): Markup {
  return new Markup(strings.map((text, index) => text + (index < parts.length ? textOf(parts[index]) : '')).join(''));
}

/** The text that goes between tags or into a quoted attribute. What no HTML may hold (control characters, lone surrogates) is shown as U+FFFD. */
export function escaped(text: string): string {
  return text
    .replace(/(?![\t\n\r])\p{Control}|[\ufffe\uffff]|\p{Surrogate}/gu, '\ufffd')
    .replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

function textOf(part: MarkupPart): string {
  if (part === undefined || part === false) return '';
  if (part instanceof Markup) return part.text;
  if (typeof part === 'object') return part.map(textOf).join('');
  return escaped(String(part));
}
