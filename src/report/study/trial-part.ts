import { OptionError } from '../../core/errors.ts';
import { score } from '../../search/best.ts';
import { recipeWords } from '../../search/how-trained.ts';
import { atBestRate, meanAccuracy, type TrialRecord } from '../../search/trial.ts';
import { changeText } from './changes.ts';
import { type Facts, factsOfStudy, numberOf } from './facts.ts';
import { layerPicture, pictureAgain } from './layer-diagram.ts';
import { layersOf } from './layer-table.ts';
import { trialCurve } from './learning-curves.ts';
import { lineOf } from './lineage.ts';
import { factsOf, html, type Markup } from './markup.ts';
import { inOrder, type StudyReport } from './report.ts';
import type { Section } from './section.ts';
import { COST_TITLES, count, duration, knownCosts, NOTHING, objectiveName, percent } from './text.ts';
import { type Judged, STATUSES, statusesOf } from './trial-status.ts';

/** What the parts of all trials share. */
export interface Course {
  readonly report: StudyReport;
  readonly facts: Facts;
  /** One a trial, in the order of the records. */
  readonly judged: readonly Judged[];
  readonly numbers: ReadonlyMap<string, number>;
  readonly known: ReadonlyMap<string, TrialRecord>;
  readonly children: ReadonlyMap<string, readonly TrialRecord[]>;
}

export function courseOf(report: StudyReport, facts: Facts, judged = statusesOf(report.problem, report.records, facts)): Course {
  const { records } = report;
  const children = new Map<string, TrialRecord[]>();
  for (const record of records) {
    const { parent } = record.origin;
    if (parent === undefined) continue;
    const others = children.get(parent);
    if (others) others.push(record);
    else children.set(parent, [record]);
  }
  return {
    report,
    facts,
    judged,
    numbers: new Map(records.map((record) => [record.key, numberOf(record)])),
    known: new Map(records.map((record) => [record.key, record])),
    children,
  };
}

/** What is known of one trial, for a page of its own. Throws an OptionError where the study has no trial of this key. */
export function trialSections(study: StudyReport, key: string): Section[] {
  const report = inOrder(study);
  const index = report.records.findIndex((record) => record.key === key);
  if (index < 0) throw new OptionError(`The study has no trial of the key ${key}`);
  const layers = (record: TrialRecord) => layersOf(record.model, `Layers of trial ${numberOf(record)}`);
  return trialPart(courseOf(report, factsOfStudy(report)), index, layers);
}

/** The sections of a trial, by its place among the records. */
function trialPart(course: Course, index: number, layers: (record: TrialRecord) => Markup): Section[] {
  const record = course.report.records[index];
  if (!record) return [];
  const number = numberOf(record);
  const curve = trialCurve(course.report.problem, record);
  const sections = [
    { id: 'outcome', title: 'What became of it', content: outcome(course, record, index) },
    { id: 'layers', title: 'Its layers', content: layers(record) },
    ...(curve ? [{ id: 'curve', title: 'Its learning curve', content: curve }] : []),
    { id: 'descent', title: 'Where it comes from', content: descent(course, record) },
  ];
  return sections.map((section) => ({ ...section, id: `t${number}-${section.id}` }));
}

function outcome({ report, judged, numbers }: Course, record: TrialRecord, index: number): Markup {
  const { samples, seeds, rates, wallMs, recipe, inherits, trainedBy, key } = record;
  const { status, reason } = judged[index] ?? { status: 'open', reason: '' };
  const { title, meaning } = STATUSES.find((one) => one.status === status) ?? { title: status, meaning: '' };
  const best = atBestRate(record);
  const handed = inherits && numbers.get(inherits.key);
  const cost = score(report.problem, record);
  const name = objectiveName(report.problem.objective);
  return html`<p><strong>${title}</strong>: ${reason}.${status !== 'best' && ` ${meaning}`}</p>
${factsOf([
  ...knownCosts([record]).map((cost) => [COST_TITLES[cost], count(record.costs[cost])] as const),
  ...(Object.values(COST_TITLES).includes(name) ? [] : [[name, count(cost)] as const]),
  ['validation', (best?.accuracy ?? []).map(percent).join(', ') || NOTHING],
  ...(best?.confirmation ? [['images kept back', best.confirmation.map(percent).join(', ')] as const] : []),
  ['seeds', seeds.join(', ')],
  ['trained for', `${count(samples)} samples a seed`],
  ['learning rate', best ? `${best.rate}${rates.length > 1 ? ` of ${rates.join(', ')}` : ''}` : rates.join(', ')],
  ['recipe, beside the set-up', recipe ? recipeWords(recipe) : NOTHING],
  ['began with', inherits ? html`weights of ${handed === undefined ? 'the start' : trialLink(handed)}` : 'nothing'],
  ['time', duration(wallMs)],
  ...(trainedBy ? [['trained by', `${trainedBy.worker}, ${trainedBy.adapter}`] as const] : []),
  ['key', html`<code>${key}</code>`],
])}`;
}

/** The line up to its founder, and what came of it. */
function descent({ report, known, numbers, children }: Course, record: TrialRecord): Markup {
  const { problem } = report;
  const line = lineOf(record.key, known);
  const name = objectiveName(problem.objective);
  const entry = (one: TrialRecord) =>
    html`<li>${one === record ? html`this trial` : trialLink(numberOf(one))}: ${changeText(one.origin.change, numbers)}; ${count(score(problem, one))} ${name}, ${percent(meanAccuracy(one))}</li>\n`;
  const own = children.get(record.key) ?? [];
  return html`<ol class="descent">
${line.map(entry)}</ol>
<p>${own.length === 0 ? 'Nothing came of it.' : html`Of it came ${own.map((child, at) => html`${at > 0 && ', '}${trialLink(numberOf(child))}`)}.`}</p>`;
}

function trialLink(number: number): Markup {
  return html`<a href="#t${number}">trial ${number}</a>`;
}

/** Every one of these trials, to unfold; a picture of layers that an earlier one has is used again. */
export function trialParts(course: Course, indices: Iterable<number>): Markup {
  /** Of each network the first trial that has its picture. */
  const drawn = new Map<string, number>();
  const picture = (record: TrialRecord): Markup => {
    const network = JSON.stringify(record.model);
    const [number, first] = [numberOf(record), drawn.get(network)];
    drawn.set(network, first ?? number);
    const svg =
      first === undefined
        ? layerPicture(record.model, `n${number}`)
        : pictureAgain(record.model, `n${first}`, `The same network as that of trial ${first}`);
    return html`<div class="scroll" tabindex="0" role="group" aria-label="Picture of the layers">${svg}</div>`;
  };
  const parts = Array.from(indices, (index) => {
    const record = course.report.records[index];
    if (!record) return undefined;
    const number = numberOf(record);
    const title = STATUSES.find(({ status }) => status === course.judged[index]?.status)?.title ?? '';
    const accuracy = meanAccuracy(record);
    return html`<details id="t${number}"><summary>Trial ${number}: ${count(score(course.report.problem, record))} ${objectiveName(course.report.problem.objective)}${accuracy !== undefined && `, ${percent(accuracy)}`}, ${title}</summary>
<div class="part">${trialPart(course, index, picture).map(({ id, title: name, content }) => html`<div><h3 id="${id}">${name}</h3>${content}</div>\n`)}</div></details>\n`;
  });
  return html`<div class="parts">${parts}</div>`;
}
