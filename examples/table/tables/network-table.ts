import { type PlotSeries, type PublishedFigure, plot } from 'paredown/node';
import { counts } from '../counts.ts';
import type { DataSource } from '../data.ts';
import { type ExtraColumns, inZoo, NETWORK_COLUMNS, type NetworkRow, networkRow } from '../network-row.ts';
import { seedsText } from '../recipe.ts';
import { summary } from '../statistics.ts';
import type { Claim, Figure, Results, Settings, Table } from '../table.ts';
import type { TrainingResult } from '../train-row.ts';

export interface NetworkTable {
  readonly name: string;
  readonly title: string;
  readonly notes: readonly string[];
  readonly extra?: ExtraColumns;
  rows(data: DataSource): Promise<readonly NetworkRow[]> | readonly NetworkRow[];
  claims?(results: ReadonlyMap<string, TrainingResult>): readonly Claim[];
}

/** A table whose rows are networks of the zoo: accuracy against size, and the curves of training. */
export function networkTable({ name, title, notes, rows, extra, claims }: NetworkTable): Table {
  return {
    name,
    title,
    notes,
    columns: [...NETWORK_COLUMNS, ...(extra?.columns ?? [])],
    rows: async (settings: Settings, data) =>
      Promise.all((await rows(data)).map((row) => networkRow(row, settings, data, extra))),
    claims: (results) => claims?.(results as ReadonlyMap<string, TrainingResult>) ?? [],
    figures: async (results, data, length) => networkFigures(title, await rows(data), results, length),
  };
}

async function networkFigures(
  title: string,
  rows: readonly NetworkRow[],
  results: Results,
  length: string,
): Promise<readonly Figure[]> {
  const done = rows.flatMap((row) => {
    const result = results.get(row.network) as TrainingResult | undefined;
    return result ? [{ row, result }] : [];
  });
  const steps = [...new Set(done.map(({ result }) => result.steps))].map((count) => count.toLocaleString('en-US')).join(', ');
  const seeds = [...new Set(done.map(({ result }) => seedsText(result.seeds)))].join('; ');
  const several = done.some(({ result }) => result.seeds.length > 1);
  const subtitle = `${length}: ${steps} steps, ${seeds}`;
  return [
    {
      file: 'accuracy.svg',
      svg: await plot({
        title,
        subtitle,
        x: { name: 'parameters', scale: 'log' },
        y: { name: 'test accuracy', format: 'percent' },
        series: [publishedSeries(rows), oursSeries(done)].filter(({ points }) => points.length > 0),
      }),
    },
    {
      file: 'curves.svg',
      svg: await plot({
        title: `${title}: training`,
        subtitle: several ? `${subtitle}; means over the seeds` : subtitle,
        height: 480,
        x: { name: 'step' },
        y: { name: 'validation accuracy', format: 'percent' },
        series: done.map(({ row, result }) => ({
          name: row.network.replace(/^[^/]+\//, ''),
          points: result.curve.map(({ step, validationAccuracy }) => ({ x: step, y: validationAccuracy })),
        })),
      }),
    },
  ];
}

function publishedSeries(rows: readonly NetworkRow[]): PlotSeries {
  const points = rows.flatMap(({ network, published }) =>
    published?.accuracy == null
      ? []
      : [{ x: published.parametersWithBiases?.[network] ?? published.params ?? Number.NaN, y: published.accuracy }],
  );
  return { name: 'published', style: 'points', symbol: 'diamond', color: 0, points };
}

function oursSeries(done: readonly { readonly row: NetworkRow; readonly result: TrainingResult }[]): PlotSeries {
  const points = done.map(({ row, result }) => {
    const { mean, deviation } = summary(result.accuracy);
    return { x: counts(inZoo(row.network)).parameters, y: mean, deviation, label: row.network.replace(/^[^/]+\//, '') };
  });
  return { name: 'ours', style: 'points', color: 1, points };
}

/** A row for each network that a published figure may mean. */
export function rowsOf(figures: readonly PublishedFigure[], row: Omit<NetworkRow, 'network' | 'published'>): NetworkRow[] {
  return figures.flatMap((published) => (published.zoo ?? []).map((network) => ({ ...row, network, published })));
}
