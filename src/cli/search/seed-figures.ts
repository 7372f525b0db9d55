import { atBestRate, type Conclusion, type TrialRecord } from 'paredown/node';
import { percent } from '../common/format.ts';

/** What one training of a network came to. */
export interface SeedFigures {
  readonly seed: number;
  /** Which of the trial's trainings. */
  readonly replica: number;
  readonly validation: number;
  /** Where images were kept back, and the trial was looked at on them. */
  readonly confirmation?: number;
  /** Where the present test set, or an unknown one, was looked at for it. */
  readonly test?: number;
}

/** Of each seed at the best learning rate; none of what was not trained to its end. */
export function seedFigures(
  record: TrialRecord,
  { conclusions }: { readonly conclusions: readonly Conclusion[] },
  testHash?: string,
): SeedFigures[] {
  const { replicas = [], accuracy = [], confirmation } = atBestRate(record) ?? {};
  const tested = conclusions
    .filter((one) => testHash === undefined || one.testHash === testHash)
    .flatMap(({ finalists }) => finalists.filter(({ key }) => key === record.key))
    .at(-1)?.test;
  return replicas.map((replica, index) => ({
    seed: record.seeds[index] ?? Number.NaN,
    replica,
    validation: accuracy[index] ?? Number.NaN,
    ...(confirmation?.[index] !== undefined && { confirmation: confirmation[index] }),
    ...(tested?.[index] !== undefined && { test: tested[index] }),
  }));
}

/** The best by validation, the first of equals: the one whose weights are saved. */
export function bestSeed(seeds: readonly SeedFigures[]): SeedFigures | undefined {
  return seeds.reduce<SeedFigures | undefined>(
    (best, one) => (best && best.validation >= one.validation ? best : one),
    undefined,
  );
}

/** `seed 1: validation 97.10%, kept back 96.80%, test 97.20%` */
export function seedInWords({ seed, validation, confirmation, test }: SeedFigures): string {
  const parts = Object.entries({ validation, 'kept back': confirmation, test });
  return `seed ${seed}: ${parts.flatMap(([name, value]) => (value === undefined ? [] : [`${name} ${percent(value)}`])).join(', ')}`;
}
