import { join } from 'node:path';
import { complexity, writeFileAtomic } from 'paredown/node';
import { claimOf } from './claim.ts';
import { drawFigures, type Figure } from './figures.ts';
import { reportText } from './report.ts';
import { type Results, resultsJson, type Setup } from './results.ts';

type Configuration = complexity.Configuration;

/** What a study measures for its fits, and what tests them. */
export interface Plan {
  readonly designed: readonly Configuration[];
  readonly checks: readonly Configuration[];
}

/** What a folder holds of measurements: those of a study, and perhaps of others before it. */
export type Records = readonly complexity.Measurement[];

/** How far below the baseline's precision the minimisers are trained. */
const VERIFIED_DEPTHS = [0, 0.01, 0.02, 0.05, 0.1];

/** The fits of what was measured of the plan. */
export function analysed({ baseline, values, channels }: AnalysedSetup, { designed, checks }: Plan, records: Records) {
  return complexity.analyse({
    baseline,
    values,
    channels,
    designed: recordsOf(designed, records),
    checks: recordsOf(checks, records),
  });
}

type AnalysedSetup = Pick<Setup, 'baseline' | 'values' | 'channels'>;

/** Equation 7 at some floors, those that there is an answer for. */
export function minimisersOf({ baseline, curve }: complexity.Analysis): complexity.Minimiser[] {
  return VERIFIED_DEPTHS.flatMap(
    (depth) => curve.find(({ floor }) => Math.abs(floor - (baseline.precision - depth)) < 1e-9) ?? [],
  );
}

/** The minimisers of which nothing is measured yet, each once. */
export function unmeasured(analysis: complexity.Analysis, records: Records): Configuration[] {
  return distinct(minimisersOf(analysis).map(({ configuration }) => configuration)).filter((one) => !recordOf(one, records));
}

/** All that a study says, by its own measurements alone: those of the plan and of the minimisers. */
export function conclude(about: Setup, analysis: complexity.Analysis, { designed, checks }: Plan, records: Records): Results {
  const minimisers = minimisersOf(analysis);
  const least = minimisers.map(({ configuration }) => configuration);
  const measurements = recordsOf(distinct([...designed, ...checks, ...least]), records);
  return {
    about,
    analysis,
    verified: minimisers.map((minimiser) => ({ minimiser, measured: recordOf(minimiser.configuration, records) })),
    claim: claimOf(analysis, measurements, about.validation),
    measurements,
  };
}

/** Writes results.md, results.json and the figures; returns the figures. */
export async function writeResults(folder: string, results: Results): Promise<Figure[]> {
  const figures = await drawFigures(folder, results);
  await writeFileAtomic(join(folder, 'results.json'), resultsJson(results));
  await writeFileAtomic(join(folder, 'results.md'), reportText(results, figures));
  return figures;
}

function recordOf(configuration: Configuration, records: Records): complexity.Measurement | undefined {
  const name = complexity.nameOf(configuration);
  return records.find((record) => complexity.nameOf(record.configuration) === name);
}

function recordsOf(configurations: readonly Configuration[], records: Records): complexity.Measurement[] {
  return configurations.flatMap((one) => recordOf(one, records) ?? []);
}

function distinct(configurations: readonly Configuration[]): Configuration[] {
  return [...new Map(configurations.map((one) => [complexity.nameOf(one), one])).values()];
}
