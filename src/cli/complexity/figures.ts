import { join } from 'node:path';
import { complexity, heatMap, type PlotSeries, plot, statistics, writeFileAtomic } from 'paredown/node';
import type { Results } from './results.ts';

export interface Figure {
  readonly file: string;
  readonly title: string;
}

/** How far below the baseline's precision the picture of equation 7 reaches. */
const FRONT_DEPTH = 0.25;
const C = "C: training time beside the baseline's";

const NAMES = { filters: 'filters f', size: 'input size s', kernel: 'kernel k', layers: 'layers l' } as const;

/** Draws everything that there is data for; returns the figures written. */
export async function drawFigures(folder: string, results: Results): Promise<Figure[]> {
  const { about, analysis } = results;
  const subtitle = `${about.data}, baseline ${complexity.nameOf(about.baseline)}, ${about.images.toLocaleString('en-US')} images x ${about.training.epochs} epochs`;
  const figures: Figure[] = [];
  const write = async (file: string, title: string, draw: (title: string) => Promise<string>) => {
    await writeFileAtomic(join(folder, file), await draw(title));
    figures.push({ file, title });
  };
  await write('precision.svg', 'Precision against each parameter, alone', (title) =>
    plot({
      title,
      subtitle: `${subtitle}; lines: equation 2 where it could be fitted`,
      x: { name: 'share of the baseline', min: 0, max: 1 },
      y: { name: 'accuracy', format: 'percent' },
      series: sweepSeries(results),
    }),
  );
  await write('complexity.svg', 'Complexity against each parameter, alone', (title) =>
    plot({
      title,
      subtitle: `${subtitle}; ${C}`,
      x: { name: 'share of the baseline', min: 0, max: 1 },
      y: { name: 'C' },
      series: analysis.sweeps.map(({ parameter, samples }) => ({
        name: NAMES[parameter],
        style: 'both',
        points: samples.map(({ configuration, complexity: y }) => ({ x: shareOf(results, parameter, configuration), y })),
      })),
    }),
  );
  const least = analysis.curve.length > 0 ? analysis.baseline.precision - FRONT_DEPTH : 0;
  const below = [...analysis.designed, ...analysis.checks].filter(({ precision }) => precision < least).length;
  await write('complexity-precision.svg', 'The least complexity for a precision', (title) =>
    plot({
      title,
      subtitle: `${subtitle}; ${C}${below > 0 ? `; ${below} less accurate ones are left out` : ''}`,
      x: { name: 'validation accuracy', format: 'percent' },
      y: { name: 'C', scale: 'log' },
      series: frontSeries(results, least),
    }),
  );
  if (analysis.checks.length > 0)
    await write('checks.svg', 'Fitted against measured, random configurations', (title) =>
      plot(checkPlot(results, title, subtitle)),
    );
  for (const { parameters, samples } of about.grids ? analysis.pairs : []) {
    const [first, second] = parameters;
    const letters = `${complexity.LETTERS[first]}${complexity.LETTERS[second]}`;
    const columns = [...about.values[first]].reverse();
    const rows = [...about.values[second]].reverse();
    const value = (row: number, column: number) => {
      const found = samples.find(({ configuration }) => configuration[first] === column && configuration[second] === row);
      return found && 100 * found.precision;
    };
    await write(`precision-${letters}.svg`, `Validation accuracy in %: ${NAMES[first]} and ${NAMES[second]}`, (title) =>
      heatMap({
        title,
        subtitle,
        columns: columns.map(String),
        rows: rows.map(String),
        columnName: NAMES[first],
        rowName: NAMES[second],
        values: rows.map((row) => columns.map((column) => value(row, column))),
      }),
    );
  }
  return figures;
}

function shareOf({ about }: Results, parameter: complexity.Parameter, configuration: complexity.Configuration): number {
  return complexity.shares(configuration, about.baseline)[parameter];
}

function sweepSeries(results: Results): PlotSeries[] {
  const whole = { filters: 1, size: 1, kernel: 1, layers: 1 };
  return results.analysis.sweeps.flatMap(({ parameter, samples, precision }, color): PlotSeries[] => {
    const points = samples.map(({ configuration, precision: y }) => ({ x: shareOf(results, parameter, configuration), y }));
    const measured: PlotSeries = { name: NAMES[parameter], style: 'points', color, points };
    if (!('fit' in precision)) return [{ ...measured, style: 'both', dashed: true }];
    const least = Math.min(...points.map(({ x }) => x));
    const line = Array.from({ length: 81 }, (_, index) => {
      const x = least + ((1 - least) * index) / 80;
      return { x, y: precision.fit.at({ ...whole, [parameter]: x }) };
    });
    return [measured, { name: `${NAMES[parameter]}, fitted`, color, points: line }];
  });
}

function frontSeries({ analysis, verified }: Results, least: number): PlotSeries[] {
  const { baseline, designed, checks, curve, unitMs } = analysis;
  const minimisers = verified.flatMap(({ measured }) => {
    if (measured?.outcome.status !== 'trained') return [];
    const { accuracy, stepMs } = measured.outcome;
    return [{ x: statistics.mean(accuracy), y: stepMs / unitMs, label: complexity.nameOf(measured.configuration) }];
  });
  const measured = [...designed, ...checks]
    .filter(({ precision }) => precision >= least)
    .map(({ precision: x, complexity: y }) => ({ x, y }));
  const all: PlotSeries[] = [
    { name: 'equation 7', color: 3, points: curve.map(({ floor: x, complexity: y }) => ({ x, y })) },
    { name: 'measured', style: 'points', color: 0, points: measured },
    { name: 'its minimisers, measured', style: 'points', color: 1, symbol: 'diamond', points: minimisers },
    { name: 'baseline', style: 'points', color: 2, points: [{ x: baseline.precision, y: 1 }] },
  ];
  return all.filter(({ points }) => points.length > 0);
}

function checkPlot({ about, analysis }: Results, title: string, subtitle: string) {
  const { checks, complexity: plain, extended } = analysis;
  const points = (fitted: complexity.Fitted<complexity.Work>) =>
    'fit' in fitted
      ? checks.map(({ configuration, complexity: x }) => ({
          x,
          y: fitted.fit.at(complexity.workOf(configuration, about.baseline, about.channels)),
        }))
      : [];
  const measured = checks.map(({ complexity: value }) => value);
  const ends = [Math.min(...measured), Math.max(...measured)];
  return {
    title,
    subtitle: `${subtitle}; ${C}`,
    x: { name: 'C measured', scale: 'log' },
    y: { name: 'C fitted', scale: 'log' },
    series: [
      { name: 'equation 1', style: 'points', points: points(plain) },
      { name: 'with memory and dispatches', style: 'points', points: points(extended) },
      { name: 'equal', dashed: true, color: 4, points: ends.map((value) => ({ x: value, y: value })) },
    ],
  } as const;
}
