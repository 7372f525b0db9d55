import { describe, type PlotSeries, plot, published, zoo } from 'paredown/node';
import { printed } from '../table/conclude.ts';
import { summary } from '../table/statistics.ts';
import type { ResultsFile } from '../table/store.ts';
import { accuracies } from './differences.ts';

const STUDIES = [
  { name: 'Dhingra', prefix: 'dhingra/', paper: 'Dhingra' },
  { name: 'Gulati', prefix: 'gulati/', paper: 'Gulati' },
  { name: 'El Nahhas', prefix: 'nahhas/', paper: 'El Nahhas' },
  { name: 'Ke et al.', prefix: 'ke/', paper: 'Ke' },
  { name: 'Babu and Enouen', prefix: 'babu/', paper: 'Babu' },
] as const;

/** Accuracy against parameters over all studies as SVG text; of ours, rows of full length. */
export function studiesPicture(files: readonly ResultsFile[]): Promise<string> {
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
    ].filter(({ points }) => points.length > 0);
  });
  return plot({
    title: 'Accuracy against parameters',
    subtitle:
      'MNIST; Ke et al.: faces, two classes. Diamonds: published; circles: ours at full length, with one standard deviation. What is below 90% is not drawn',
    height: 560,
    x: { name: 'parameters, biases included', scale: 'log' },
    y: { name: 'test accuracy', format: 'percent', min: 0.9, max: 1 },
    series,
  });
}

function parametersOf(network: string): number {
  const model = zoo[network];
  return model ? describe(model).parameters : Number.NaN;
}
