import { samplesOf } from '../../search/trial.ts';
import { envelopeChart, frontChart, progressChart } from './charts.ts';
import { envelopesOf, envelopeTable } from './envelope.ts';
import { type Facts, factsOfStudy } from './facts.ts';
import { finalistsSection, publishedTable } from './finalists.ts';
import { layerTable } from './layer-table.ts';
import { html, Markup } from './markup.ts';
import { answer } from './networks.ts';
import type { StudyReport } from './report.ts';
import { SCRIPT } from './script.ts';
import { glossary, setUp } from './set-up.ts';
import { STYLE } from './style.ts';
import { count, objectiveName, percent, several, when } from './text.ts';
import { statusesOf } from './trial-status.ts';
import { failures, statusTable, trialList } from './trials.ts';

interface Section {
  readonly id: string;
  readonly title: string;
  readonly content: Markup;
}

export function studyPage(study: StudyReport): string {
  const report = { ...study, records: [...study.records].sort((a, b) => a.number - b.number) };
  const facts = factsOfStudy(report);
  const { title, data, problem, strategy, records } = report;
  const sections = sectionsOf(report, facts);
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

function sectionsOf(report: StudyReport, facts: Facts): Section[] {
  const { problem } = report;
  const name = objectiveName(problem.objective);
  const shown = facts.best ?? facts.newer ?? facts.nearest;
  const held = shown !== undefined && shown !== facts.nearest;
  const layers = shown && layerTable(shown.model, `Layers of ${held ? 'the best network' : 'the network that came nearest'}`);
  return [
    { id: 'answer', title: 'The answer', content: answer(report, name, facts) },
    ...(layers ? [{ id: 'layers', title: held ? 'Its layers' : 'The layers of the nearest', content: layers }] : []),
    { id: 'size', title: 'Size against accuracy', content: sizeSection(report, facts) },
    { id: 'finalists', title: 'The networks of the front', content: finalistsSection(report, facts) },
    { id: 'least', title: 'The least size for an accuracy', content: envelopeSection(report, facts, name) },
    { id: 'search', title: 'How the search went', content: searchSection(report, facts) },
    { id: 'dropped', title: 'What was tried and dropped', content: droppedSection(report, facts, name) },
    { id: 'set-up', title: 'Set-up', content: setUp(report) },
    { id: 'words', title: 'What the words mean', content: glossary(report) },
  ];
}

function sizeSection(report: StudyReport, facts: Facts): Markup {
  const chart = frontChart(report, facts);
  return html`${chart ?? html`<p>No network was trained at full length, so there is nothing to draw.</p>`}${publishedTable(report)}`;
}

function envelopeSection({ problem }: StudyReport, facts: Facts, name: string): Markup {
  const { byBound, byMean } = envelopesOf(facts);
  const chart = envelopeChart(problem, byBound, byMean);
  if (!chart) return html`<p>No network was trained at full length, so s(f) is not known anywhere.</p>`;
  return html`<p>Dhingra's s(f) (section III): the least cost, ${name}, with which this search reached an accuracy of f or more. It never falls as f rises.</p>
${chart}${envelopeTable(problem, facts, name)}`;
}

function searchSection({ problem, records }: StudyReport, facts: Facts): Markup {
  const bySamples = progressChart(problem, records, facts.full, 'samples');
  const byTrials = progressChart(problem, records, facts.full, 'trials');
  if (!bySamples || !byTrials) return html`<p>No trial has ended yet.</p>`;
  const samples = samplesOf(records);
  const hours = records.reduce((sum, { wallMs }) => sum + wallMs, 0) / 3_600_000;
  return html`<p>${several(records.length, 'trial')}, ${count(samples)} training samples over all seeds and learning rates, ${hours.toFixed(hours < 1 ? 2 : 1)} hours of training.</p>
<h3>Against training samples</h3>${bySamples}<h3>Against trials</h3>${byTrials}`;
}

function droppedSection({ problem, records }: StudyReport, facts: Facts, name: string): Markup {
  if (records.length === 0) return html`<p>Nothing was tried yet.</p>`;
  const judged = statusesOf(problem, records, facts);
  return html`${statusTable(problem, records, judged)}
${failures(records)}
${trialList(problem, records, judged, name)}`;
}
