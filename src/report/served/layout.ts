import { html, type Markup } from '../study/markup.ts';
import type { PageContent } from './page-parts.ts';

export interface LayoutOptions {
  /** Of this page, to ask for its changes by. */
  readonly path: string;
  /** Of what is shown: what is newer is sent. */
  readonly seen: string;
  /** Where the first page lies; undefined on this itself. */
  readonly home?: string;
  /** Whether it can change. */
  readonly live: boolean;
}

/** A whole page around its parts. Style and script are files of the server. */
export function servedPage({ title, parts }: PageContent, { path, seen, home, live }: LayoutOptions): string {
  const way =
    home !== undefined &&
    html`<header class="way"><nav aria-label="Way back"><a href="${home}">All studies and trainings</a></nav></header>`;
  const follow: Markup | false = live && html` data-path="${path}" data-seen="${seen}"`;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} \u2013 paredown</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/style.css">
<script src="/client.js" defer></script>
</head>
<body>
${way}
<main id="parts"${follow}>
${parts.map(({ element }) => html`${element}\n`)}</main>
<footer><p id="connection" role="status"></p></footer>
</body>
</html>
`.text;
}
