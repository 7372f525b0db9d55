import { zoo } from '../../src/index.ts';
import type { StudyReport } from '../../src/report/study/report.ts';
import { bestOf } from '../../src/search/best.ts';
import type { Conclusion, Finalist } from '../../src/search/conclusion.ts';
import { costsOf } from '../../src/search/costs.ts';
import { paretoFront } from '../../src/search/front.ts';
import { type Evaluated, type Evaluator, MemoryStudy, runSearch } from '../../src/search/run.ts';
import { evolve } from '../../src/search/strategies/evolve.ts';
import type { Problem, Strategy } from '../../src/search/strategy.ts';
import { DEFAULT_SETUP } from '../../src/search/train.ts';
import { atBestRate, meanAccuracy, type Trial, type TrialRecord } from '../../src/search/trial.ts';
import { FULL, Landscape, PROBLEM } from './landscape.ts';

/** The landscape, where now and then a network diverges or does not fit. */
export class RoughLandscape implements Evaluator {
  private readonly smooth = new Landscape();

  evaluate(trial: Trial): Promise<Evaluated> {
    const dice = Number.parseInt(trial.key.slice(-4), 16) % 40;
    if (trial.seeds.length === 1 && dice === 0)
      return Promise.resolve({ outcome: { status: 'diverged', reason: 'The loss of replica 0 became NaN at step 17' } });
    if (trial.seeds.length === 1 && dice === 1)
      return Promise.resolve({ outcome: { status: 'refused', reason: 'A buffer of 300 MB is needed, and 128 MB is the limit' } });
    return this.smooth.evaluate(trial);
  }
}

/** The records of a search on the rough landscape, with a budget of so many full trainings. */
export async function searched(
  budget: number,
  problem: Problem = PROBLEM,
  strategy: Strategy = evolve,
): Promise<readonly TrialRecord[]> {
  const study = new MemoryStudy();
  const options = { problem, strategy, evaluators: [new RoughLandscape()], study, context: { data: 'made up' } };
  for await (const _ of runSearch({ ...options, budget: { samples: budget * FULL } }));
  return study.records.map((record, index) => ({
    ...record,
    wallMs: record.samples * record.seeds.length * record.rates.length * 0.9 + 7 * (index % 13),
  }));
}

/** The same with made-up learning curves; every seventh of the short trainings was stopped. */
export function withCurves(records: readonly TrialRecord[]): TrialRecord[] {
  return records.map((record) => {
    const { outcome, samples } = record;
    if (outcome.status !== 'trained') return record;
    const points = Array.from({ length: 12 }, (_, index) => (samples * (index + 1)) / 12);
    const errors = outcome.accuracy.map((value) => points.map((seen) => (1 - value) * (samples / seen) ** 0.4));
    const curve = {
      samples: points,
      loss: errors.map((values) => values.map((error) => 2 * error)),
      accuracy: errors.map((values) => values.map((error) => 1 - Math.min(0.9, error))),
    };
    const isStopped = record.number % 7 === 3 && record.seeds.length === 1 && samples < FULL;
    if (!isStopped) return { ...record, outcome: { ...outcome, curve } };
    const some = (values: readonly number[]) => values.slice(0, 4);
    const cut = { samples: some(points), loss: curve.loss.map(some), accuracy: curve.accuracy.map(some) };
    const after = cut.samples.at(-1) ?? 0;
    const reasons = [
      `it learned nothing: after ${after} samples its loss is 2.302, that of chance 2.301`,
      `it can't come near the floor: after ${after} samples its error is 62.1%`,
      'it took longer than its limit of 30 s',
    ];
    const reason = reasons[((record.number / 7) % 3) | 0] ?? '';
    return { ...record, outcome: { status: 'stopped', reason, after, curve: cut } };
  });
}

/** A conclusion of the confirmed front, with test figures a little below those of validation. */
export function concluded(problem: Problem, records: readonly TrialRecord[], date = '2026-11-21T14:00:00.000Z'): Conclusion {
  const confirmed = records.flatMap((record) => {
    const accuracy = meanAccuracy(record);
    return record.samples >= FULL && record.seeds.length >= 5 && accuracy !== undefined
      ? [{ record, cost: record.costs.parameters, accuracy }]
      : [];
  });
  const finalists = paretoFront(confirmed).map(({ record }, index): Finalist => {
    const { key, model, costs, seeds } = record;
    const validation = atBestRate(record)?.accuracy ?? [];
    return { key, model, costs, seeds, validation, test: validation.map((value) => value - 0.001 * (index % 3)) };
  });
  return { finalists, best: bestOf(problem, records)?.key, date };
}

/** Some points of Dhingra's tables, with the parameters of the zoo's networks. */
export function somePublished(): StudyReport['published'] {
  const figures = {
    'dhingra/baseline': 0.9929,
    'dhingra/one-conv': 0.9884,
    'dhingra/fc-128': 0.9858,
    'dhingra/fc-64': 0.9838,
    'dhingra/optimized': 0.9581,
    'dhingra/optimized-3x3': 0.9366,
    'gulati/condensenet-2': 0.9904,
    'nahhas/proposed': 0.9636,
  };
  return Object.entries(figures).flatMap(([name, accuracy]) => {
    const model = zoo[name];
    return model ? [{ name, costs: costsOf(model), accuracy }] : [];
  });
}

/** A report of these records; what is given replaces the rest. */
export function reportOf(records: readonly TrialRecord[], changed: Partial<StudyReport> = {}): StudyReport {
  return {
    title: 'The smallest network for made-up digits',
    data: { name: 'made-up digits', train: 55_000, validation: 5000, test: 10_000 },
    problem: PROBLEM,
    strategy: 'evolve',
    setup: DEFAULT_SETUP,
    software: { version: '0.1.0', adapter: 'llvmpipe (LLVM 15.0.6, 256 bits)' },
    command: "paredown search run study --data digits --floor 95 --adapter 'llvmpipe'",
    date: '2026-11-21T15:00:00.000Z',
    records,
    conclusions: [],
    published: [],
    ...changed,
  };
}
