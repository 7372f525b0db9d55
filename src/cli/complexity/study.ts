import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ComplexityFolder, complexity, type Gpu, lockFolder, openGpu, VERSION } from 'paredown/node';
import { grouped } from '../common/format.ts';
import { printJson } from '../common/json-line.ts';
import { analysed, conclude, unmeasured, writeResults } from './conclude.ts';
import { loadStudyData, majority, type StudyData } from './data.ts';
import { JsonProgress } from './json-progress.ts';
import { type Options, plan, usualFolder } from './options.ts';
import { StudyProgress } from './progress.ts';
import type { Setup } from './results.ts';

type Configuration = complexity.Configuration;

/** Measures what is not measured yet, then fits, verifies and writes everything. Returns the exit code. */
export async function runStudy(options: Options, command: string, signal: AbortSignal): Promise<number> {
  const data = await loadStudyData(options, signal);
  const { channels } = complexity.checkImages(data);
  const [rows = 0, columns = 0] = data.train.inputShape;
  const { baseline, values, note } = plan(options, Math.min(rows, columns));
  const designed = complexity.design(baseline, values, { grids: options.only === 'all' });
  const checks = complexity.drawChecks(options.checks, values, designed, options.seed);
  await using gpu = await openGpu({ signal });
  const clock = clockFor(gpu);
  const { batch, epochs, rate: learningRate, seed, seeds } = options;
  const setup = { batch, epochs, learningRate, seeds: Array.from({ length: seeds }, (_, index) => seed + index) };
  const folder = options.out ?? usualFolder(options.data);
  await mkdir(folder, { recursive: true });
  await using _lock = await lockFolder(folder);
  const context = await complexity.complexityContext({ gpu, data, setup, clock });
  const store = await ComplexityFolder.open(folder, context, { fresh: options.fresh });
  const known = new Set(store.records.map(({ configuration }) => complexity.nameOf(configuration)));
  const waiting = (all: readonly Configuration[]) => all.filter((one) => !known.has(complexity.nameOf(one)));
  const planned = waiting([...designed, ...checks]);
  const progress = options.json ? new JsonProgress(planned.length) : new StudyProgress(planned, baseline, channels);
  try {
    for (const found of data.notes) progress.print(found);
    progress.print(
      `${options.data}: ${designed.length} configurations around ${complexity.nameOf(baseline)} and ${checks.length} random ones, ` +
        `${grouped(data.train.size)} images x ${epochs} epochs each; ${progress.total} are not measured yet\nAdapter: ${gpu.info.description}`,
    );
    if (note !== undefined) progress.print(note);
    for (const problem of store.problems) progress.print(problem);
    const measure = async (configurations: readonly Configuration[]) => {
      progress.show();
      const found = complexity.measureConfigurations({ gpu, data, configurations, setup, store, clock, signal });
      for await (const measurement of found) progress.measured(measurement);
    };
    await measure([...designed, ...checks]);
    const plans = { designed, checks };
    const analysis = analysed({ baseline, values, channels }, plans, store.records);
    const further = unmeasured(analysis, store.records);
    progress.plan(further);
    await measure(further);
    progress.close();

    const about: Setup = {
      command,
      adapter: gpu.info.description,
      version: VERSION,
      node: process.versions.node,
      date: new Date().toISOString(),
      data: options.data,
      images: data.train.size,
      validation: data.validation.size,
      majority: majority(data.validation),
      clock: clock.name,
      training: setup,
      baseline,
      values,
      channels,
      grids: options.only === 'all',
      reductions: reductionsOf(options, data, baseline),
    };
    const results = conclude(about, analysis, plans, store.records);
    const figures = await writeResults(folder, results);
    const files = ['results.md', 'results.json', ...figures.map(({ file }) => file)].map((name) => join(folder, name));
    if (options.json) {
      printJson({ type: 'result', folder, claim: results.claim, verified: results.verified, files });
      return 0;
    }
    progress.print(
      `\n${results.claim.text}\n${[join(folder, 'results.md'), ...figures.map(({ file }) => join(folder, file))].join(', ')}`,
    );
    return 0;
  } finally {
    progress.close();
  }
}

/** On a software driver the work is this process's own, and its processor time is not changed by what else the machine does. */
function clockFor(gpu: Gpu): complexity.Clock {
  if (gpu.info.kind !== 'cpu') return complexity.WALL_CLOCK;
  const milliseconds = () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1000;
  };
  return { name: 'processor time of the process', milliseconds };
}

/** In what the study is less than the published one, in words. */
function reductionsOf(options: Options, data: StudyData, baseline: Configuration): string[] {
  const published = complexity.PUBLISHED_BASELINE;
  return [
    ...(complexity.nameOf(baseline) === complexity.nameOf(published)
      ? []
      : [`the baseline is ${complexity.nameOf(baseline)} instead of ${complexity.nameOf(published)}`]),
    ...(data.train.size < data.allTrain ? [`${grouped(data.train.size)} of ${grouped(data.allTrain)} training images`] : []),
    ...(data.validation.size < data.allValidation
      ? [`${grouped(data.validation.size)} of ${grouped(data.allValidation)} validation images`]
      : []),
    ...(options.filters || options.sizes ? ['fewer values of f or s than the published ones'] : []),
    ...(options.only === 'sweeps' ? ['one parameter at a time, no pairs'] : []),
    ...(options.checks < 50 ? [`${options.checks} random configurations instead of 50`] : []),
  ];
}
