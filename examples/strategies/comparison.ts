import { join } from 'node:path';
import {
  bestOf,
  meanAccuracy,
  type PlotSeries,
  type Problem,
  plot,
  samplesOf,
  type TrialRecord,
  toJson,
  writeFileAtomic,
} from 'paredown/node';
import { grouped, percent } from '../../src/cli/common/format.ts';

/** One search of one strategy. */
export interface Repeat {
  readonly strategy: string;
  readonly seed: number;
  readonly problem: Problem;
  readonly records: readonly TrialRecord[];
}

interface About {
  readonly budget: number;
  readonly command: string;
  readonly adapter: string;
  readonly version: string;
}

/** Size of the smallest network that holds the floor, after so many samples. */
interface Moment {
  readonly samples: number;
  readonly best?: TrialRecord;
}

/** After each trial that was begun within the budget. */
function course({ problem, records }: Repeat, budget: number): Moment[] {
  const moments: Moment[] = [];
  const ordered = [...records].sort((a, b) => a.number - b.number);
  for (let count = 1; count <= ordered.length; count++) {
    const until = ordered.slice(0, count);
    if (samplesOf(until.slice(0, -1)) >= budget) break;
    const best = bestOf(problem, until);
    moments.push({ samples: samplesOf(until), ...(best && { best }) });
  }
  return moments;
}

/** Writes results.json, results.md and a picture into a folder; returns the text of the table. */
export async function writeComparison(folder: string, repeats: readonly Repeat[], about: About): Promise<string> {
  const courses = repeats.map((repeat) => ({ ...repeat, moments: course(repeat, about.budget) }));
  const names = [...new Set(repeats.map(({ strategy }) => strategy))];
  const rows = names.map((strategy) => {
    const own = courses.filter((one) => one.strategy === strategy);
    const found = own.map(({ moments }) => moments.at(-1)?.best);
    const sizes = found.map((best) => best?.costs.parameters);
    const known = sizes.filter((size) => size !== undefined);
    const mean = known.length === sizes.length ? known.reduce((sum, size) => sum + size, 0) / known.length : undefined;
    const accuracies = found.map((best) => (best ? percent(meanAccuracy(best) ?? Number.NaN) : '-'));
    return { strategy, sizes, mean, accuracies, trials: own.map(({ moments }) => moments.length) };
  });
  const { problem } = repeats[0] ?? {};
  const date = new Date().toISOString().slice(0, 10);
  const length = grouped(problem?.rungs.at(-1) ?? 0);
  const title = `The strategies at an equal budget: the fewest parameters that hold ${percent(problem?.floor ?? 0)} on MNIST`;
  const lines = rows.map(
    ({ strategy, sizes, mean, accuracies, trials }) =>
      `| ${strategy} | ${mean === undefined ? 'not each time' : grouped(Math.round(mean))} | ${sizes.map((size) => (size === undefined ? 'none' : grouped(size))).join(', ')} | ${accuracies.join(', ')} | ${trials.join(', ')} |`,
  );
  const text = `${[
    `${grouped(about.budget)} training samples a search, over all replicas; a training of full length sees ${length} images; at most ${grouped(problem?.objective.limits.macs ?? 0)} multiply-accumulates. Validation data alone.  `,
    `Adapter: ${about.adapter}  `,
    `paredown ${about.version}, ${date}  `,
    `\`${about.command}\``,
    '',
    '| strategy | parameters, mean | each repeat | validation accuracy | trials |',
    '| --- | ---: | --- | --- | --- |',
    ...lines,
  ].join('\n')}\n`;
  const series = courses.map(({ strategy, seed, moments }): PlotSeries => {
    const points = moments.flatMap(({ samples, best }) => (best ? [{ x: samples / 1e6, y: best.costs.parameters }] : []));
    return { name: `${strategy} ${seed}`, points, style: 'line', color: names.indexOf(strategy), dashed: seed !== 1 };
  });
  const picture = await plot({
    title: 'The smallest network that holds the floor',
    x: { name: 'million training samples' },
    y: { name: 'parameters', scale: 'log' },
    series: series.filter(({ points }) => points.length > 0),
  });
  const results = { format: 1, title, ...about, date, floor: problem?.floor, rows };
  await writeFileAtomic(join(folder, 'results.json'), `${toJson(results, 2)}\n`);
  await writeFileAtomic(
    join(folder, 'results.md'),
    `# ${title}\n\n${text}\n![The smallest network, against training samples](course.svg)\n`,
  );
  await writeFileAtomic(join(folder, 'course.svg'), picture);
  return text;
}
