import { describe, expect, test } from 'vitest';
import { zoo } from '../src/index.ts';
import { modelHash } from '../src/model/hash.ts';
import { bestOf } from '../src/search/best.ts';
import { costsOf, objective } from '../src/search/costs.ts';
import { MemoryStudy, runSearch } from '../src/search/run.ts';
import { parseSpace } from '../src/search/space/space.ts';
import { gridNetworks } from '../src/search/strategies/grid-networks.ts';
import { fitted } from '../src/search/strategies/model.ts';
import { random } from '../src/search/strategies/random.ts';
import type { Problem, Strategy } from '../src/search/strategy.ts';
import type { Trial, TrialRecord } from '../src/search/trial.ts';
import { FULL, Landscape, PROBLEM } from './support/landscape.ts';

const START = zoo['dhingra/optimized'] ?? expect.fail('no start');

async function search(changed: Partial<Problem>, budget = 40, study = new MemoryStudy(), strategy: Strategy = fitted) {
  const problem = { ...PROBLEM, ...changed };
  const options = { problem, strategy, evaluators: [new Landscape()], study, context: { data: 'made up' } };
  for await (const _ of runSearch({ ...options, budget: { samples: budget * FULL } }));
  return { problem, records: study.records };
}

const withoutTime = (records: readonly TrialRecord[]) => records.map(({ wallMs: _, ...rest }) => rest);

/** The cheapest network of the grid that holds the floor on the landscape. */
function cheapest(problem: Problem): number {
  // An error of 0.9 / 4 x sqrt(8 / parameters), see the landscape: every network of the grid has a convolution and a pooling.
  const holding = gridNetworks(problem).filter(({ costs }) => 0.225 * Math.sqrt(8 / costs.parameters) < 1 - problem.floor);
  return Math.min(...holding.map(({ costs }) => costs.parameters));
}

describe('the strategy "model"', () => {
  test('finds the cheapest network of its grid on the landscape, or one at most a fifth above, and then ends', async () => {
    for (const seed of [1, 2, 3]) {
      const { problem, records } = await search({ seed }, 1000);
      const found = bestOf(problem, records)?.costs.parameters ?? Number.POSITIVE_INFINITY;
      expect(found).toBeLessThanOrEqual(1.2 * cheapest(problem));
      expect(records.length).toBeLessThan(60);
    }
  });

  test('minimises what it is asked to', async () => {
    const changed = { objective: objective('macs') };
    const { problem, records } = await search(changed, 1000);
    const drawn = await search(changed, 60, new MemoryStudy(), random);
    expect(bestOf(problem, records)?.costs.macs).toBeLessThan(bestOf(problem, drawn.records)?.costs.macs ?? 0);
  });

  test('foretells the latency of what was not measured', async () => {
    // Of the parameters latency knows nothing here: many cheap ones are as fast as few.
    const latencyOf = ({ model, costs }: Pick<Trial, 'model' | 'costs'>) =>
      0.1 + 2e-6 * costs.macs + 1e-5 * costs.activations + 0.02 * model.layers.length;
    const problem: Problem = { ...PROBLEM, objective: objective('latency') };
    const records = (await search({}, 16)).records.map((record) => ({
      ...record,
      costs: { ...record.costs, latency: latencyOf(record) },
    }));
    const proposed = fitted.propose(problem, { records, pending: [] })?.model ?? expect.fail('nothing proposed');
    const holding = gridNetworks(problem).filter(({ costs }) => 0.225 * Math.sqrt(8 / costs.parameters) < 1 - problem.floor);
    const fastest = Math.min(...holding.map(latencyOf));
    expect(latencyOf({ model: proposed, costs: costsOf(proposed) })).toBeLessThan(1.5 * fastest);
  });

  test('keeps to the limits and repeats no trial', async () => {
    const { records } = await search({ objective: objective('parameters', { activations: 6000, macs: 200_000 }) }, 30);
    expect(new Set(records.map(({ key }) => key)).size).toBe(records.length);
    expect(records.length).toBeGreaterThan(16);
    for (const { model } of records) {
      expect(costsOf(model).activations).toBeLessThanOrEqual(6000);
      expect(costsOf(model).macs).toBeLessThanOrEqual(200_000);
    }
  });

  test('is the same for the same seed and goes on after an interruption as if there had been none', async () => {
    const { records } = await search({}, 30);
    const whole = withoutTime(records);
    expect(withoutTime((await search({ seed: 2 }, 30)).records)).not.toEqual(whole);
    for (const kept of [1, 16, whole.length - 1]) {
      const study = new MemoryStudy(records.slice(0, kept));
      expect(withoutTime((await search({}, 30, study)).records)).toEqual(whole);
    }
  });

  test('begins with the start', async () => {
    const { records } = await search({ start: START }, 10);
    expect(records[0]?.model).toEqual(START);
    expect(records[0]?.seeds).toEqual(PROBLEM.seeds);
  });

  test('asks for no network that diverged again, and ends where nothing is left', async () => {
    const block = { type: 'convolution', weight: 1, filters: [1, 2], kernels: [3], strides: [1], padding: ['same'] };
    const space = parseSpace({ ...PROBLEM.space, blocks: [block] });
    const problem: Problem = { ...PROBLEM, input: [8, 8, 1], space, floor: 0.99 };
    const study = new MemoryStudy();
    const evaluate = (trial: Trial) =>
      modelHash(trial.model).charCodeAt(0) % 2 === 0
        ? Promise.resolve({ outcome: { status: 'diverged' as const, reason: 'the loss became NaN' } })
        : new Landscape().evaluate(trial);
    for await (const _ of runSearch({ problem, strategy: fitted, evaluators: [{ evaluate }], study, context: {}, budget: {} }));
    expect(new Set(study.records.map(({ model }) => modelHash(model)))).toEqual(
      new Set(gridNetworks(problem).map(({ model }) => modelHash(model))),
    );
    expect(study.records).toHaveLength(gridNetworks(problem).length);
  });

  test.each([
    ['tiny', [2, 2, 1]],
    ['not square', [9, 5, 3]],
    ['one pixel', [1, 1, 1]],
  ] as const)('has a grid for images that are %s, or none', (_, input) => {
    const networks = gridNetworks({ ...PROBLEM, input });
    for (const { model } of networks) expect(model.input).toEqual(input);
    expect(networks.length > 0).toBe(input[1] > 1);
  });

  test('proposes nothing for what is no image', () => {
    expect(fitted.propose({ ...PROBLEM, input: [16] }, { records: [], pending: [] })).toBeUndefined();
  });
});
