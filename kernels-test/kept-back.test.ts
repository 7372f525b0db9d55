import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { dataset } from '../src/data/dataset.ts';
import { digits } from '../src/data/digits.ts';
import { StudyFolder } from '../src/node/study-folder.ts';
import { frontTable } from '../src/report/study/front-table.ts';
import { confirms, targetAccuracy } from '../src/search/best.ts';
import { aboveTest } from '../src/search/conclusion.ts';
import { keptBack } from '../src/search/kept-back.ts';
import { type Evaluated, type Evaluator, MemoryStudy, type RunOptions, runSearch } from '../src/search/run.ts';
import { evolve } from '../src/search/strategies/evolve.ts';
import { makeTrial, type Trial, type TrialRecord } from '../src/search/trial.ts';
import { zoo } from '../src/zoo/zoo.ts';
import { FULL, Landscape, PROBLEM } from './support/landscape.ts';

const { validation } = digits({ train: 10, test: 405 });

test('validation data are parted in halves, class by class, each sample in one of them, the same every time', () => {
  const { validation: seen, confirmation = expect.fail('nothing was kept back') } = keptBack(validation);
  expect(seen.size + confirmation.size).toBe(405);
  const counts = (of: typeof seen) => Array.from({ length: 10 }, (_, label) => of.y.filter((own) => own === label).length);
  for (const [label, count] of counts(confirmation).entries()) {
    expect(count).toBe(Math.floor((counts(validation)[label] ?? 0) / 2));
    expect((counts(seen)[label] ?? 0) - count).toBeLessThanOrEqual(1);
  }
  const images = ({ x, y, size }: typeof seen) =>
    Array.from({ length: size }, (_, index) => `${y[index]} ${x.subarray(index * 784, (index + 1) * 784).join()}`);
  expect([...images(seen), ...images(confirmation)].sort().join('\n')).toBe(images(validation).sort().join('\n'));
  expect(images(keptBack(validation).validation).join('\n')).toBe(images(seen).join('\n'));
  expect([seen.split, confirmation.split]).toEqual(['validation', 'confirmation']);
});

test('few validation data stay whole, and a class of one sample is not kept back', () => {
  const few = digits({ train: 10, test: 399 }).validation;
  expect(keptBack(few)).toEqual({ validation: few });
  const y = new Uint8Array(400);
  y[17] = 1;
  const rare = dataset({ inputShape: [1], x: new Float32Array(400), y, classes: 3 });
  const { validation: seen, confirmation } = keptBack(rare);
  expect([...seen.y].filter((label) => label === 1)).toEqual([1]);
  expect(confirmation?.size).toBe(199);
});

const ABOVE = [0.957, 0.958, 0.959, 0.957, 0.958];
const BELOW = [0.944, 0.945, 0.946, 0.945, 0.944];

function recordOf(accuracy: readonly number[], confirmation?: readonly number[], seed = 1): TrialRecord {
  const network = zoo['dhingra/optimized'] ?? expect.fail();
  const seeds = PROBLEM.seeds.map((one) => one + 10 * seed);
  const trial = makeTrial({}, { model: network, samples: FULL, seeds, rates: [0.01], origin: { strategy: 't', change: 't' } });
  const outcome = { status: 'trained', accuracy, loss: accuracy, ...(confirmation && { confirmation }) } as const;
  return { ...trial, number: seed, outcome, wallMs: 1 };
}

test('a floor is held by what was kept back, and by validation data where nothing was', () => {
  expect(confirms(PROBLEM, recordOf(ABOVE))).toBe(true);
  expect(confirms(PROBLEM, recordOf(ABOVE, BELOW))).toBe(false);
  expect(confirms(PROBLEM, recordOf(BELOW, ABOVE))).toBe(true);
});

test('what a search aims at does not follow from what is kept back', () => {
  expect(targetAccuracy(PROBLEM, [recordOf(ABOVE, BELOW)])).toBe(targetAccuracy(PROBLEM, [recordOf(ABOVE, ABOVE)]));
});

/** Of which accuracies on what is kept back are lower by two points. */
class Flattering implements Evaluator {
  readonly asked: boolean[] = [];
  private readonly landscape = new Landscape();
  async evaluate(trial: Trial, { confirm = false }: { readonly confirm?: boolean }): Promise<Evaluated> {
    this.asked.push(confirm);
    const { outcome } = await this.landscape.evaluate(trial);
    const confirmation = outcome.accuracy.map((value) => value - 0.02);
    return { outcome: confirm ? { ...outcome, confirmation } : outcome };
  }
}

const runOptions = (evaluator: Evaluator, confirmation: boolean, trainings = 12): RunOptions => {
  const shared = { problem: PROBLEM, strategy: evolve, context: {}, budget: { samples: trainings * FULL } };
  return { ...shared, evaluators: [evaluator], study: new MemoryStudy(), confirmation };
};

test('only trials that could show that the floor is held are looked at on what was kept back, and it decides', async () => {
  const evaluator = new Flattering();
  const options = runOptions(evaluator, true);
  for await (const _ of runSearch(options));
  const { records } = options.study;
  const confirmed = records.filter(({ outcome }) => outcome.status === 'trained' && outcome.confirmation);
  expect(confirmed.length).toBeGreaterThan(0);
  expect(confirmed.every(({ samples, seeds }) => samples >= FULL && seeds.length === 5)).toBe(true);
  expect(evaluator.asked.filter(Boolean)).toHaveLength(confirmed.length);
  for (const record of records)
    if (confirms(PROBLEM, record) && record.outcome.status === 'trained')
      expect(Math.min(...record.outcome.accuracy)).toBeGreaterThan(PROBLEM.floor + 0.01);
  const plain = new Flattering();
  for await (const _ of runSearch(runOptions(plain, false, 6)));
  expect(plain.asked).not.toContain(true);
});

test('evaluators that were not given what was kept back are refused, before anything is held by validation data', async () => {
  const options = runOptions(new Landscape(), true);
  const run = async () => {
    for await (const _ of runSearch(options));
  };
  await expect(run()).rejects.toThrow('the evaluators must be given the confirmation data, too');
  expect(options.study.records.some((record) => confirms(PROBLEM, record))).toBe(false);
});

test('a study keeps what they came to', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'paredown-kept-'));
  try {
    const study = await StudyFolder.open(folder, {});
    await study.add(recordOf(ABOVE, BELOW));
    expect((await StudyFolder.open(folder, {})).records).toEqual([recordOf(ABOVE, BELOW)]);
    const { key, model, costs, seeds } = recordOf(ABOVE, BELOW);
    const finalist = { key, model, costs, seeds, validation: ABOVE, confirmation: BELOW, test: BELOW };
    await study.addConclusion({ finalists: [finalist], date: '2026-11-30T12:00:00.000Z' });
    const [conclusion] = (await StudyFolder.open(folder, {})).conclusions;
    expect(conclusion?.finalists).toEqual([finalist]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test('the table of the front has what was kept back, its bound and interval, and how far validation and test lay apart', () => {
  const record = recordOf(BELOW, ABOVE);
  const { key, model, costs, seeds } = record;
  const finalist = { key, model, costs, seeds, validation: BELOW, confirmation: ABOVE, test: ABOVE };
  const conclusions = [{ finalists: [finalist], best: key, date: '2026-11-30T12:00:00.000Z' }];
  const data = { validation: 2500, confirmation: 2500 };
  const lines = frontTable({ problem: PROBLEM, records: [record], conclusions, data }).split('\n');
  expect(lines[0]).toMatch(/seeds +validation +kept back +bound +interval +floor +test +floor$/);
  // 2,500 images at 95.78%: Wilson's interval.
  expect(lines[2]).toMatch(/5 +94\.48 ± 0\.08% +95\.78 ± 0\.08% +95\.70% +94\.92 to 96\.50% +holds +95\.78 ± 0\.08% +holds$/);
  const said = lines.slice(4).join('\n');
  expect(said).toContain('on images that no trial was chosen by: 14,014 parameters');
  expect(said).toContain(
    'validation accuracy lay 1.30 points below test accuracy, that of the images kept back 0.00 points above it.',
  );
  expect(said).toContain('interval: what 2,500 images kept back leave open');
  expect(aboveTest([{ ...finalist, test: [] }])).toBeUndefined();
});
