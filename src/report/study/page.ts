import { html, Markup } from './markup.ts';
import type { StudyReport } from './report.ts';
import { SCRIPT } from './script.ts';
import { sectionsOf } from './sections.ts';
import { STYLE } from './style.ts';
import { objectiveName, percent, several, when } from './text.ts';

/** The page of a study, which needs nothing beside itself. */
export function studyPage(report: StudyReport): string {
  const { title, data, problem, strategy, records } = report;
  const sections = sectionsOf(report, { parts: true });
  const day = when(report.date).slice(0, 10);
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<meta name="generator" content="paredown ${report.software.version}">
<title>${title}</title>
<style>${new Markup(STYLE)}</style>
</head>
<body>
<header>
<h1>${title}</h1>
<p>Data: ${data.name}. Made small: ${objectiveName(problem.objective)}, with a floor of ${percent(problem.floor)} accuracy. ${several(records.length, 'trial')} by ${strategy}, ${day}.</p>
<nav aria-label="Sections"><ul>${sections.map(({ id, title: name }) => html`<li><a href="#${id}">${name}</a></li>`)}</ul></nav>
</header>
<main>
${sections.map(({ id, title: name, content }) => html`<section aria-labelledby="${id}"><h2 id="${id}">${name}</h2>\n${content}</section>\n`)}</main>
<footer><p>Made by paredown ${report.software.version}, ${when(report.date)}.</p></footer>
<script>${new Markup(SCRIPT)}</script>
</body>
</html>
`.text;
}
