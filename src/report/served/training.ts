import type { Model } from '../../model/types.ts';
import { formatPlain } from '../format.ts';
import { figureOf, type Point, thinned } from '../study/drawing.ts';
import { layerTable } from '../study/layer-table.ts';
import { factsOf, html, type Markup, tableOf } from '../study/markup.ts';
import { accuracyScale, countScale, logScale } from '../study/scale.ts';
import { count, duration, percent, when } from '../study/text.ts';
import type { Doing } from './doing.ts';
import { type Control, nowContent } from './now.ts';
import { headPart, type PageContent, sectionPart } from './page-parts.ts';

/** What a training has told so far; a number that is not there was not told. */
export interface TrainingReport {
  readonly folder: string;
  readonly title: string;
  readonly began: string;
  readonly adapter: string;
  readonly version: string;
  readonly steps: number;
  /** Names and values, as the run keeps them. */
  readonly options: readonly (readonly [name: string, value: string])[];
  readonly samples: { readonly train: number; readonly validation: number; readonly test: number };
  readonly classNames?: readonly string[];
  /** Means since the report before. */
  readonly progress: readonly StepReport[];
  readonly evaluations: readonly { readonly step: number; readonly loss: number; readonly accuracy?: number }[];
  readonly result?: TrainingResult;
  /** Where a model or a checkpoint of it lies in the folder. */
  readonly network?: Model;
  readonly files: readonly { readonly name: string; readonly bytes: number }[];
  readonly problems: readonly string[];
}

interface StepReport {
  readonly step: number;
  readonly loss: number;
  readonly accuracy?: number;
  readonly stepMs: number;
  readonly wallMs: number;
}

export interface TrainingResult {
  readonly loss: number;
  readonly accuracy?: number;
  readonly confusion?: readonly (readonly number[])[];
}

/** Points of a curve that are drawn at the most. */
const MOST_POINTS = 600;

/** The page of a training. */
export function trainingContent(report: TrainingReport, doing: Doing, control: Control): PageContent {
  const { title, folder, result, network, problems, options } = report;
  const about = html`<p>In <code>${folder}</code>, on ${report.adapter}.</p>`;
  const notes = problems.map((problem) => html`<p class="note">${problem}</p>`);
  const sections = [
    { id: 'now', title: 'Now', content: html`${nowContent(doing, 'training', control)}${notes}${figures(report)}` },
    { id: 'loss', title: 'Loss', content: chart(report, 'loss') },
    ...(hasAccuracy(report) ? [{ id: 'accuracy', title: 'Accuracy', content: chart(report, 'accuracy') }] : []),
    ...(result?.confusion
      ? [{ id: 'confusion', title: 'Confusion on the test set', content: confusionOf(report, result.confusion) }]
      : []),
    ...(network ? [{ id: 'layers', title: 'Its layers', content: layerTable(network, 'Layers') }] : []),
    { id: 'recipe', title: 'How it is trained', content: factsOf(options) },
    { id: 'files', title: 'Files', content: filesTable(report) },
  ];
  return { title, parts: [headPart(title, about, sections), ...sections.map(sectionPart)] };
}

function hasAccuracy({ progress, evaluations }: TrainingReport): boolean {
  return [...progress, ...evaluations].some(({ accuracy }) => accuracy !== undefined);
}

function figures({ began, steps, progress, evaluations, result, version, samples }: TrainingReport): Markup {
  const last = progress.at(-1);
  const validation = evaluations.at(-1);
  const best = evaluations.reduce((most, { accuracy = -1 }) => Math.max(most, accuracy), -1);
  return factsOf([
    ['step', `${count(last?.step ?? 0)} of ${count(steps)}`],
    ...(last ? [['milliseconds a step', formatPlain(Number(last.stepMs.toPrecision(3)))] as const] : []),
    ...(last ? [['trained for', duration(last.wallMs)] as const] : []),
    ...(last ? [['training loss', last.loss.toFixed(4)] as const] : []),
    ...(last?.accuracy === undefined ? [] : [['training accuracy', percent(last.accuracy)] as const]),
    ...(validation ? [[`validation loss, step ${count(validation.step)}`, validation.loss.toFixed(4)] as const] : []),
    ...(validation?.accuracy === undefined ? [] : [['validation accuracy', percent(validation.accuracy)] as const]),
    ...(best >= 0 && evaluations.length > 1 ? [['best validation accuracy', percent(best)] as const] : []),
    ...(result ? [['test loss', result.loss.toFixed(4)] as const] : []),
    ...(result?.accuracy === undefined ? [] : [['test accuracy', html`<strong>${percent(result.accuracy)}</strong>`] as const]),
    ['images', `${count(samples.train)} to train, ${count(samples.validation)} to validate, ${count(samples.test)} to test`],
    ['began', `${when(began)}, paredown ${version}`],
  ]);
}

function chart({ progress, evaluations, steps }: TrainingReport, what: 'loss' | 'accuracy'): Markup {
  const pick = (points: readonly { readonly step: number; readonly loss: number; readonly accuracy?: number }[]): Point[] =>
    points.flatMap((point) => {
      const y = point[what];
      return y !== undefined && Number.isFinite(y) ? [{ x: point.step, y }] : [];
    });
  const training = thinned(pick(progress), MOST_POINTS);
  const validation = thinned(pick(evaluations), MOST_POINTS);
  const all = [...training, ...validation];
  if (all.length === 0) return html`<p>It has not told any ${what} yet.</p>`;
  const text = (value: number | undefined) =>
    value === undefined ? 'nothing' : what === 'loss' ? value.toFixed(4) : percent(value);
  const values = all.map(({ y }) => y);
  return figureOf({
    id: what,
    title: `${what === 'loss' ? 'Loss' : 'Accuracy'} by step`,
    description: `Training ends at ${text(training.at(-1)?.y)}, validation at ${text(validation.at(-1)?.y)}.`,
    x: countScale('step', Math.max(steps, ...all.map(({ x }) => x))),
    y: what === 'loss' ? logScale('loss', values) : accuracyScale('accuracy', values),
    layers: [
      { type: 'line', style: 'first', name: 'training, means since the point before', points: training },
      { type: 'line', style: 'second', name: 'validation', points: validation },
    ],
    caption: '',
  });
}

function confusionOf({ classNames }: TrainingReport, confusion: readonly (readonly number[])[]): Markup {
  const name = (label: number) => classNames?.[label] ?? String(label);
  const columns = [
    { title: 'true class' },
    ...confusion.map((_, label) => ({ title: name(label), kind: 'number' as const })),
    { title: 'correct', kind: 'number' as const },
  ];
  const rows = confusion.map((row, label) => {
    const total = row.reduce((sum, value) => sum + value, 0);
    const cells = row.map((value) => (value === 0 ? html`<span class="zero">0</span>` : count(value)));
    return [name(label), ...cells, percent(total === 0 ? undefined : (row[label] ?? 0) / total)];
  });
  return tableOf('Columns: the class that was predicted', columns, rows);
}

function filesTable({ files }: TrainingReport): Markup {
  if (files.length === 0) return html`<p>None yet.</p>`;
  const columns = [{ title: 'file' }, { title: 'bytes', kind: 'number' }] as const;
  return tableOf(
    'What the folder holds',
    columns,
    files.map(({ name, bytes }) => [name, count(bytes)]),
  );
}
