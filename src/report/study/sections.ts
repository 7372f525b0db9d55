import { samplesOf } from '../../search/trial.ts';
import { envelopeChart, frontChart, progressChart } from './charts.ts';
import { envelopesOf, envelopeTable } from './envelope.ts';
import { type Facts, factsOfStudy } from './facts.ts';
import { finalistsSection, publishedTable } from './finalists.ts';
import { gainsSection } from './gains.ts';
import { layersOf } from './layer-table.ts';
import { curvesSection } from './learning-curves.ts';
import { lineageSection } from './lineage.ts';
import { html, type Markup } from './markup.ts';
import { answer } from './networks.ts';
import { portraitSection } from './portrait.ts';
import { inOrder, type StudyReport } from './report.ts';
import type { Section } from './section.ts';
import { glossary, setUp } from './set-up.ts';
import { count, objectiveName, several } from './text.ts';
import { timeSection } from './time.ts';
import { type Course, courseOf, trialParts } from './trial-part.ts';
import { type Judged, statusesOf } from './trial-status.ts';
import { failures, listedOf, statusTable, trialList } from './trials.ts';

/** Trials that have a part of their own, at the most. */
const MOST_PARTS = 1000;

export interface SectionOptions {
  /** One more section, with a part for each trial [false]. */
  readonly parts?: boolean;
}

/** What the page of a study tells, in its order; links lead to `#t<number of the trial>`: its part or, without one, its row in the list. */
export function sectionsOf(study: StudyReport, { parts = false }: SectionOptions = {}): Section[] {
  const report = inOrder(study);
  const facts = factsOfStudy(report);
  const { problem } = report;
  const name = objectiveName(problem.objective);
  const judged = statusesOf(problem, report.records, facts);
  const detailed = parts ? listedOf(report.records, facts.full, MOST_PARTS) : new Set<number>();
  const shown = facts.best ?? facts.newer ?? facts.nearest;
  const held = shown !== undefined && shown !== facts.nearest;
  const layers = shown && layersOf(shown.model, `Layers of ${held ? 'the best network' : 'the network that came nearest'}`);
  return [
    { id: 'answer', title: 'The answer', content: answer(report, name, facts) },
    ...(layers ? [{ id: 'layers', title: held ? 'Its layers' : 'The layers of the nearest', content: layers }] : []),
    ...(report.portrait && shown?.key === report.portrait.key
      ? [{ id: 'portrait', title: 'What it makes of images', content: portraitSection(shown.model, report.portrait) }]
      : []),
    { id: 'size', title: 'Size against accuracy', content: sizeSection(report, facts) },
    { id: 'finalists', title: 'The networks of the front', content: finalistsSection(report, facts) },
    { id: 'least', title: 'The least size for an accuracy', content: envelopeSection(report, facts, name) },
    { id: 'search', title: 'How the search went', content: searchSection(report, facts) },
    { id: 'curves', title: 'Learning curves', content: curvesSection(problem, report.records, facts) },
    {
      id: 'lineage',
      title: held ? 'Where the best comes from' : 'Where the nearest comes from',
      content: lineageSection(problem, report.records, facts, name),
    },
    { id: 'gains', title: 'What each kind of change gained', content: gainsSection(problem, report.records, facts, name) },
    { id: 'time', title: 'Where the time went', content: timeSection(problem, report.records) },
    { id: 'dropped', title: 'What was tried and dropped', content: droppedSection(report, judged, name, detailed) },
    ...(detailed.size > 0
      ? [{ id: 'trials', title: 'Each trial', content: trialsSection(courseOf(report, facts, judged), detailed) }]
      : []),
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
  const chart = progressChart(problem, records, facts.full);
  if (!chart) return html`<p>No trial has ended yet.</p>`;
  const samples = samplesOf(records);
  const hours = records.reduce((sum, { wallMs }) => sum + wallMs, 0) / 3_600_000;
  return html`<p>${several(records.length, 'trial')}, ${count(samples)} training samples over all seeds and learning rates, ${hours.toFixed(hours < 1 ? 2 : 1)} hours of training.</p>
${chart}`;
}

function droppedSection(
  { problem, records }: StudyReport,
  judged: readonly Judged[],
  name: string,
  detailed: ReadonlySet<number>,
): Markup {
  if (records.length === 0) return html`<p>Nothing was tried yet.</p>`;
  return html`${statusTable(problem, records, judged)}
${failures(records)}
${trialList(problem, records, judged, name, detailed)}`;
}

function trialsSection(course: Course, detailed: ReadonlySet<number>): Markup {
  const all = course.report.records.length;
  return html`<p>Of each trial its layers, costs, recipe, learning curve, what became of it, and where it comes from; numbers of trials lead here.${
    detailed.size < all &&
    ` ${count(detailed.size)} of ${count(all)} trials: those of full length first, then the latest of the others.`
  }</p>
<details class="trials"><summary>${several(detailed.size, 'trial')}</summary>
${trialParts(course, detailed)}</details>`;
}
