import { html, type Markup } from '../study/markup.ts';

/** A piece of a served page, which is sent again by itself where it has changed. */
export interface PagePart {
  /** Unique in its page; letters, digits and hyphens. */
  readonly id: string;
  /** A whole element, whose id is `part-<id>`. */
  readonly element: Markup;
}

export interface PageContent {
  readonly title: string;
  readonly parts: readonly PagePart[];
}

export function sectionPart({
  id,
  title,
  content,
}: {
  readonly id: string;
  readonly title: string;
  readonly content: Markup;
}): PagePart {
  return {
    id,
    element: html`<section id="part-${id}" aria-labelledby="${id}"><h2 id="${id}">${title}</h2>
${content}</section>`,
  };
}

/** The heading of a page, what it is about, and links to its sections. */
export function headPart(
  heading: string,
  about: Markup,
  sections: readonly { readonly id: string; readonly title: string }[] = [],
): PagePart {
  const links = sections.map(({ id, title }) => html`<li><a href="#${id}">${title}</a></li>`);
  return {
    id: 'head',
    element: html`<header id="part-head"><h1>${heading}</h1>
${about}${sections.length > 2 && html`<nav aria-label="Sections"><ul>${links}</ul></nav>`}</header>`,
  };
}
