import { recipeWords } from '../../search/how-trained.ts';
import { atBestRate, type TrialRecord } from '../../search/trial.ts';
import { changeText } from '../study/changes.ts';
import { figureOf } from '../study/drawing.ts';
import { factsOfStudy, numberOf } from '../study/facts.ts';
import { layerPicture } from '../study/layer-diagram.ts';
import { layerRows } from '../study/layer-rows.ts';
import { curvesOf } from '../study/learning-curves.ts';
import { html, type Markup, tableOf } from '../study/markup.ts';
import { inOrder, type StudyReport } from '../study/report.ts';
import { accuracyScale, logScale } from '../study/scale.ts';
import { COST_TITLES, count, duration, knownCosts, NOTHING, percent, spread } from '../study/text.ts';
import { STATUSES, statusesOf } from '../study/trial-status.ts';
import { alignedBy } from './align.ts';
import { headPart, type PageContent, sectionPart } from './page-parts.ts';
import { type ServedStudy, trialPath } from './study.ts';

type Pair = readonly [TrialRecord, TrialRecord];

/** Two trials of a study, side by side; undefined where one of them is not there. */
export function compareContent({ path, report: given }: ServedStudy, a: number, b: number): PageContent | undefined {
  const report = inOrder(given);
  const named = (number: number) => report.records.find((record) => numberOf(record) === number);
  const [first, second] = [named(a), named(b)];
  if (!first || !second) return undefined;
  const pair = [first, second] as const;
  const title = `Trials ${a} and ${b}`;
  const link = (number: number) => html`<a href="${trialPath(path, number)}">trial ${number}</a>`;
  const about = html`<p>${link(a)} and ${link(b)} of <a href="${path}">${report.title}</a>. What differs is marked.</p>`;
  const curves = curvesTogether(report, pair);
  return {
    title,
    parts: [
      headPart(title, about),
      sectionPart({ id: 'figures', title: 'What they cost and came to', content: figuresTable(report, pair) }),
      sectionPart({ id: 'layers', title: 'Layers', content: html`${diagrams(pair)}${layersTable(pair)}` }),
      ...(curves ? [sectionPart({ id: 'curves', title: 'Learning curves', content: curves })] : []),
    ],
  };
}

function figuresTable(report: StudyReport, pair: Pair): Markup {
  const { records, problem } = report;
  const judged = statusesOf(problem, records, factsOfStudy(report));
  const numbers = new Map(records.map((record) => [record.key, numberOf(record)]));
  const status = (record: TrialRecord) => {
    const { status: name, reason } = judged[records.indexOf(record)] ?? { status: 'open', reason: '' };
    return `${STATUSES.find((one) => one.status === name)?.title ?? name}: ${reason}`;
  };
  const both = (name: string, of: (record: TrialRecord) => string) => ({ name, cells: pair.map(of) });
  const rows = [
    ...knownCosts(pair).map((cost) => both(COST_TITLES[cost], ({ costs }) => count(costs[cost]))),
    both('validation', (record) => spread(atBestRate(record)?.accuracy ?? [])),
    ...(pair.some((record) => atBestRate(record)?.confirmation)
      ? [both('images kept back', (record) => spread(atBestRate(record)?.confirmation ?? []))]
      : []),
    both('seeds', ({ seeds }) => seeds.join(', ')),
    both('training samples a seed', ({ samples }) => count(samples)),
    both('learning rate', (record) => String(atBestRate(record)?.rate ?? record.rates.join(', '))),
    both('recipe, beside the set-up', ({ recipe }) => (recipe && recipeWords(recipe)) || NOTHING),
    both('time', ({ wallMs }) => duration(wallMs)),
    both('change', ({ origin }) => changeText(origin.change, numbers)),
    both('what became of it', status),
  ];
  const columns = [{ title: '' }, ...pair.map((record) => ({ title: `trial ${numberOf(record)}`, kind: 'words' as const }))];
  return tableOf(
    'Costs, accuracy and training',
    columns,
    rows.map(({ name, cells }) => [name, ...cells]),
    { emphasis: (row) => rows[row]?.cells[0] !== rows[row]?.cells[1] },
  );
}

function diagrams(pair: Pair): Markup {
  const picture = (record: TrialRecord) => {
    const name = `trial ${numberOf(record)}`;
    return html`<figure class="scroll" tabindex="0" aria-label="Picture of the layers of ${name}">${layerPicture(record.model)}<figcaption>${name}</figcaption></figure>\n`;
  };
  return html`<div class="beside">${pair.map(picture)}</div>`;
}

function layersTable(pair: Pair): Markup {
  const [left, right] = [layerRows(pair[0].model), layerRows(pair[1].model)];
  const rows = alignedBy(left, right, ({ depth, type, words }) => `${depth} ${type} ${words}`);
  const columns = pair.flatMap((record) => [
    { title: `trial ${numberOf(record)}`, kind: 'words' as const },
    { title: 'output' },
    { title: 'parameters', kind: 'number' as const },
  ]);
  const cells = (layer: (typeof left)[number] | undefined) =>
    layer
      ? [
          html`<span class="d${Math.min(3, layer.depth)}">${layer.type}${layer.words !== '' && `: ${layer.words}`}</span>`,
          layer.outputShape.join('\u00d7'),
          count(layer.parameters),
        ]
      : ['', '', ''];
  return tableOf(
    'Layers side by side',
    columns,
    rows.map(([a, b]) => [...cells(a), ...cells(b)]),
    { emphasis: (row) => rows[row]?.includes(undefined) ?? false },
  );
}

function curvesTogether({ problem }: StudyReport, pair: Pair): Markup | undefined {
  const drawn = pair.map((record) => ({ name: `trial ${numberOf(record)}`, curves: curvesOf(record) }));
  const points = drawn.flatMap(({ curves }) => curves.flat());
  if (points.length === 0) return undefined;
  return figureOf({
    id: 'two-curves',
    title: 'Learning curves',
    description: `Accuracy on training samples against samples seen; ${drawn.map(({ name, curves }) => `${name} ends at ${curves.map((curve) => percent(curve.at(-1)?.y)).join(', ') || NOTHING}`).join('; ')}.`,
    x: logScale(
      'training samples seen',
      points.map(({ x }) => x),
    ),
    y: accuracyScale('training accuracy', [...points.map(({ y }) => y), problem.floor]),
    levels: [{ axis: 'y', value: problem.floor, label: `floor ${percent(problem.floor)}` }],
    layers: drawn.map(({ name, curves }, index) => ({
      type: 'curves',
      style: index === 0 ? 'first' : 'second',
      name,
      curves: curves.map((curve) => ({ title: name, points: curve })),
    })),
    caption: 'Of a trial from many seeds each training at the best learning rate.',
  });
}
