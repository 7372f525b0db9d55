import { describe, holdsFloor, type PlotSeries, plot, published, zoo } from 'paredown/node';
import { printed } from '../table/conclude.ts';
import { summary } from '../table/statistics.ts';
import type { ResultsFile } from '../table/store.ts';
import { accuracies } from './differences.ts';
import { type KeptSearch, onMnist } from './searches.ts';

const STUDIES = [
  { name: 'Dhingra', prefix: 'dhingra/', paper: 'Dhingra' },
  { name: 'Gulati', prefix: 'gulati/', paper: 'Gulati' },
  { name: 'El Nahhas', prefix: 'nahhas/', paper: 'El Nahhas' },
  { name: 'Ke et al.', prefix: 'ke/', paper: 'Ke' },
  { name: 'Babu and Enouen', prefix: 'babu/', paper: 'Babu' },
] as const;

/** Accuracy from which on points are drawn; a bar of error alone would say nothing. */
const LEAST = 0.9;

/** Accuracy against parameters over all studies as SVG text; of ours, rows of full length and what held the floor of a search on MNIST. */
export function studiesPicture(files: readonly ResultsFile[], searches: readonly KeptSearch[]): Promise<string> {
  const shown = files.flatMap(({ conclusion, finished }) => (conclusion ? printed(conclusion, finished) : []));
  const finished = new Map(shown.filter(({ row, scale }) => row in zoo && scale === 1).map((one) => [one.row, one]));
  const series = STUDIES.flatMap(({ name, prefix, paper }, color): PlotSeries[] => {
    const theirs = published.flatMap(({ paper: from, accuracy, zoo: names, parametersWithBiases }) =>
      from.startsWith(paper) && accuracy !== null
        ? (names ?? []).map((network) => ({ x: parametersWithBiases?.[network] ?? parametersOf(network), y: accuracy }))
        : [],
    );
    const ours = [...finished].flatMap(([network, row]) => {
      const values = accuracies(row);
      if (!network.startsWith(prefix) || !values) return [];
      const { mean, deviation } = summary(values);
      return [{ x: parametersOf(network), y: mean, deviation }];
    });
    return [
      { name: `${name}, published`, style: 'points' as const, symbol: 'diamond' as const, color, points: theirs },
      { name: `${name}, ours`, style: 'points' as const, symbol: 'emptyCircle' as const, color, points: ours },
    ].flatMap((one) => visible(one, LEAST));
  });
  const found = searches.filter(onMnist).flatMap(({ finalists, settings }) =>
    finalists
      .filter(({ validation, confirmation = validation }) => holdsFloor(confirmation, settings.problem.floor))
      .map(({ costs, test }) => {
        const { mean, deviation } = summary(test);
        return { x: costs.parameters, y: mean, deviation };
      }),
  );
  const search: PlotSeries = {
    name: 'found by our search',
    style: 'points',
    symbol: 'triangle',
    color: STUDIES.length,
    points: found,
  };
  return plot({
    title: 'Accuracy against parameters',
    subtitle:
      'MNIST (Ke et al.: faces). Diamonds: published; circles: ours at full length; triangles: found by our search; bars: standard deviation. From 90% on',
    height: 560,
    x: { name: 'parameters, biases included', scale: 'log' },
    y: { name: 'test accuracy', format: 'percent', min: LEAST, max: 1 },
    series: [...series, ...visible(search, LEAST)],
  });
}

/** A series without what lies below the picture; none where nothing is left. */
export function visible(series: PlotSeries, least: number): PlotSeries[] {
  const points = series.points.filter(({ y }) => y >= least);
  return points.length > 0 ? [{ ...series, points }] : [];
}

function parametersOf(network: string): number {
  const model = zoo[network];
  return model ? describe(model).parameters : Number.NaN;
}
