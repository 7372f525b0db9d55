import type { Weights } from '../../model/weights.ts';
import type { TrialRecord } from '../../search/trial.ts';
import { numberOf } from '../study/facts.ts';
import { html, Markup } from '../study/markup.ts';
import { FILTERS, filtersFigure } from '../study/portrait.ts';
import { inOrder, type StudyReport } from '../study/report.ts';
import { sectionsOf } from '../study/sections.ts';
import { objectiveName, percent, several } from '../study/text.ts';
import { trialSections } from '../study/trial-part.ts';
import type { Doing } from './doing.ts';
import { IMAGES, imagesContent, type TrialImages } from './images.ts';
import { type Control, nowContent } from './now.ts';
import { headPart, type PageContent, type PagePart, sectionPart } from './page-parts.ts';

/** A study as it is served: by the path of its page. */
export interface ServedStudy {
  readonly path: string;
  readonly folder: string;
  readonly report: StudyReport;
  readonly doing: Doing;
  readonly control: Control;
  /** What was found in its files and left out. */
  readonly problems: readonly string[];
}

/** The parts of a study's page that its trials decide, which take a while to make. */
export function studyParts({ path, report }: Pick<ServedStudy, 'path' | 'report'>): {
  readonly parts: readonly PagePart[];
  readonly titles: readonly { id: string; title: string }[];
} {
  const sections = sectionsOf(report);
  return {
    parts: sections.map((section) => sectionPart({ ...section, content: linked(section.content, path) })),
    titles: sections.map(({ id, title }) => ({ id, title })),
  };
}

/** The page of a study. `made`: of `studyParts`. */
export function studyContent(study: ServedStudy, made: ReturnType<typeof studyParts>): PageContent {
  const { folder, report, doing, control, problems, path } = study;
  const { title, data, problem, strategy, records } = report;
  const about = html`<p>Data: ${data.name}. Made small: ${objectiveName(problem.objective)}, with a floor of ${percent(problem.floor)} accuracy. ${several(records.length, 'trial')} by ${strategy}, in <code>${folder}</code>.</p>
${lookForm(path, records.length)}`;
  const now = { id: 'now', title: 'Now' };
  return {
    title,
    parts: [
      headPart(title, about, [now, ...made.titles]),
      sectionPart({ ...now, content: html`${nowContent(doing, 'study', control)}${problemList(problems)}` }),
      ...made.parts,
    ],
  };
}

/** What is known of a trial beside its record. */
export interface TrialFacts {
  /** Of its best training, where the study keeps them. */
  readonly kept?: { readonly weights: Weights; readonly seed: number };
  /** Absent where the trial came to no network. */
  readonly images?: TrialImages;
}

/** The page of one trial, by its number; undefined where there is none. */
export async function trialContent(
  study: ServedStudy,
  number: number,
  factsOf: (record: TrialRecord) => Promise<TrialFacts>,
): Promise<PageContent | undefined> {
  const { path, folder } = study;
  const report = inOrder(study.report);
  const index = report.records.findIndex((record) => numberOf(record) === number);
  const record = report.records[index];
  if (!record) return undefined;
  const { kept, images } = await factsOf(record);
  const filters = kept && filtersFigure(record.model, kept.weights, kept.seed);
  const around = (at: number, words: string) => {
    const other = report.records[at];
    return other && html` <a href="${trialPath(path, numberOf(other))}">${words}</a>`;
  };
  const about = html`<p>Of <a href="${path}">${report.title}</a>, in <code>${folder}</code>.${around(index - 1, 'The one before')}${around(index + 1, 'The next')}</p>
${lookForm(path, report.records.length, number)}`;
  return {
    title: `Trial ${number}`,
    parts: [
      headPart(`Trial ${number}`, about),
      ...trialSections(report, record.key).map((section) => sectionPart({ ...section, content: linked(section.content, path) })),
      ...(filters ? [sectionPart({ id: 'filters', title: FILTERS, content: filters })] : []),
      ...(images ? [sectionPart({ id: 'images', title: IMAGES, content: imagesContent(images) })] : []),
    ],
  };
}

export function trialPath(path: string, number: number): string {
  return `${path}/trial/${number}`;
}

/** Links to trials lead to their pages. */
function linked({ text }: Markup, path: string): Markup {
  return new Markup(text.replace(/<a href="#t(\d+)">/g, (_, number) => `<a href="${trialPath(path, Number(number))}">`));
}

/** Where a trial is looked at, or two are compared. */
function lookForm(path: string, trials: number, number?: number): Markup | undefined {
  if (trials < 2) return undefined;
  const field = (name: string, label: string, value?: number) =>
    html`<label>${label} <input type="number" name="${name}" min="1" required${value !== undefined && html` value="${value}"`}></label> `;
  return html`<form class="compare" action="${path}/compare">${field('a', 'Compare trial', number)}${field('b', 'with trial')}<button>Compare</button></form>`;
}

function problemList(problems: readonly string[]): Markup | undefined {
  if (problems.length === 0) return undefined;
  return html`<div class="note"><p>Left out, since it can't be read:</p><ul>${problems.slice(0, 20).map((problem) => html`<li>${problem}</li>`)}</ul>${problems.length > 20 && html`<p>and ${problems.length - 20} more.</p>`}</div>`;
}
