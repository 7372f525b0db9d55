import { createHash } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { inheritWeights } from '../src/inherit/inherit-weights.ts';
import { modelHash } from '../src/model/hash.ts';
import { conv2d, dense, flatten, model, openStudy } from '../src/node.ts';
import { confirmsLength, unconfirmed } from '../src/search/best.ts';
import { objective } from '../src/search/costs.ts';
import { fullFront } from '../src/search/finish.ts';
import { Fitness } from '../src/search/fitness.ts';
import { startKey } from '../src/search/inherit/initial.ts';
import { ScreenedWeights } from '../src/search/inherit/screened-weights.ts';
import { type Evaluated, type EvaluateOptions, type Evaluator, MemoryStudy, runSearch, type Study } from '../src/search/run.ts';
import { STRATEGIES } from '../src/search/strategies.ts';
import type { Strategy } from '../src/search/strategy.ts';
import { makeTrial, type Trial, type TrialRecord } from '../src/search/trial.ts';
import { FULL, Landscape, PROBLEM } from './support/landscape.ts';
import { weightsFrom } from './support/weights.ts';

const network = (filters: number) =>
  model([28, 28, 1], [conv2d(filters, 3, { strides: 3, activation: 'relu' }), flatten(), dense(10)]);
const [PARENT, CHILD, START] = [network(2), network(3), network(4)];

/** Weights that depend on the trial and on what it began with. */
class Recorder implements Evaluator {
  readonly asked: { readonly trial: Trial; readonly options: EvaluateOptions }[] = [];

  evaluate(trial: Trial, options: EvaluateOptions): Promise<Evaluated> {
    this.asked.push({ trial, options });
    const replicas = trial.rates.flatMap(() => trial.seeds);
    const accuracy = replicas.map((seed) => 0.9 + 0.001 * seed + (options.initial ? 0.05 : 0));
    const weights = replicas.map((_, replica) => weightsFrom(trial.model, replica + (options.initial ? 100 : 0)));
    return Promise.resolve({ outcome: { status: 'trained', accuracy, loss: accuracy }, weights });
  }
}

/** A parent from nothing at two rates, a child with the weights of its second training, and one of that. */
const chain: Strategy = {
  name: 'chain',
  handsDown: () => true,
  propose(_, { records, pending }) {
    const origin = { strategy: 'chain', change: 'none' };
    const [parent, child] = records;
    const made = { samples: 1000, seeds: [6], rates: [0.01, 0.02], origin };
    if (pending.length > 0 || records.length === 3) return undefined;
    if (!parent) return { ...made, model: PARENT };
    if (!child) return { ...made, model: CHILD, inherits: { key: parent.key, replica: 1 } };
    return { ...made, model: PARENT, samples: 500, inherits: { key: child.key, replica: 0 } };
  },
};

async function run(study: Study, evaluator = new Recorder(), strategy: Strategy = chain, given: object = {}) {
  const options = { problem: PROBLEM, strategy, evaluators: [evaluator], study, context: {}, budget: {}, ...given };
  for await (const _ of runSearch(options));
  return evaluator.asked;
}

const plain = (records: readonly TrialRecord[]) => records.map(({ wallMs: _, ...rest }) => rest);

describe('a trial that begins with the weights of another', () => {
  test('is another trial, and one from nothing has the key that it always had', () => {
    const described = { model: PARENT, samples: 1, seeds: [1], rates: [0.1], origin: { strategy: 'x', change: 'y' } };
    const keys = [undefined, { key: 'a', replica: 0 }, { key: 'a', replica: 1 }, { key: 'b', replica: 0 }].map(
      (inherits) => makeTrial({}, { ...described, ...(inherits && { inherits }) }).key,
    );
    expect(new Set(keys).size).toBe(4);
    const text = JSON.stringify([{}, modelHash(PARENT), 1, [1], [0.1]]);
    expect(keys[0]).toBe(createHash('sha256').update(text).digest('hex').slice(0, 24));
  });

  test('is given them, handed down to its network', async () => {
    const asked = await run(new MemoryStudy());
    expect(asked.map(({ options }) => options.initial)).toEqual([
      undefined,
      inheritWeights(PARENT, weightsFrom(PARENT, 1), CHILD, 6).weights,
      inheritWeights(CHILD, weightsFrom(CHILD, 100), PARENT, 6).weights,
    ]);
    expect(asked.every(({ options }) => options.keep)).toBe(true);
  });

  test('goes on after a kill as if there had been none, and makes weights again that were lost', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'inherit-'));
    try {
      const whole = new MemoryStudy();
      const without = (await run(whole)).map(({ options }) => options.initial);
      for (const lost of [false, true]) {
        const path = join(folder, String(lost));
        const first = await openStudy(path, {});
        const asked = await run(first, new Recorder(), {
          ...chain,
          propose: (p, h) => (h.records.length < 2 ? chain.propose(p, h) : undefined),
        });
        expect(asked).toHaveLength(2);
        if (lost) await rm(join(path, 'weights'), { recursive: true });
        const again = await openStudy(path, {});
        expect(again.problems).toEqual([]);
        const after = await run(again);
        expect(after.at(-1)?.options.initial).toEqual(without[2]);
        // Lost weights are those of the child and, for these, of its parent.
        expect(after).toHaveLength(lost ? 3 : 1);
        expect(plain((await openStudy(path, {})).records)).toEqual(plain(whole.records));
        expect((await readdir(join(path, 'weights'))).length).toBe(6);
      }
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  describe('whose weights are lost', () => {
    /** Four children of one parent, side by side. */
    const children: Strategy = {
      name: 'children',
      handsDown: () => true,
      propose(_, { records, pending }) {
        const begun = records.length + pending.length;
        const [parent] = records;
        const made = { samples: 1000, seeds: [6], rates: [0.01], origin: { strategy: 'children', change: 'none' } };
        if (!parent) return pending.length > 0 ? undefined : { ...made, model: PARENT };
        return begun > 4 ? undefined : { ...made, model: network(2 + begun), inherits: { key: parent.key, replica: 0 } };
      },
    };
    const withoutWeights = async () => {
      const first = new MemoryStudy();
      await run(first, new Recorder(), children, { budget: { trials: 1 } });
      return new MemoryStudy(first.records);
    };
    /** What a parent that is made again comes to, after a while. */
    class Again extends Recorder {
      made = 0;

      constructor(private readonly comesTo: (time: number, evaluated: Evaluated) => Evaluated) {
        super();
      }

      override async evaluate(trial: Trial, options: EvaluateOptions) {
        const evaluated = await super.evaluate(trial, options);
        if (trial.inherits) return evaluated;
        await new Promise((done) => setTimeout(done, 300));
        return this.comesTo(this.made++, evaluated);
      }
    }
    const goOn = async (evaluator: Again, study: MemoryStudy, given: object = {}) => {
      await run(study, evaluator, children, { evaluators: [1, 2, 3, 4].map(() => evaluator), lag: 4, ...given });
      return [...study.records].sort((a, b) => a.number - b.number).slice(1);
    };

    test('are made again once for all that begin with them, within a limit, in time that is not theirs', async () => {
      const other = { status: 'trained', accuracy: [0.5], loss: [0.5] } as const;
      for (const change of [{}, { outcome: other }]) {
        const evaluator = new Again((_, evaluated) => ({ ...evaluated, ...change }));
        const records = await goOn(evaluator, await withoutWeights(), { budget: { minutes: 2 } });
        expect(evaluator.made).toBe(1);
        expect(records.map(({ outcome }) => outcome.status)).toEqual(Array.from({ length: 4 }, () => 'trained'));
        expect(Math.max(...records.map(({ wallMs }) => wallMs))).toBeLessThan(250);
        expect(evaluator.asked.every(({ options }) => options.limitMs !== undefined)).toBe(true);
      }
    });

    test('do not end the search where they can not be made again', async () => {
      const tooLarge = { status: 'refused', reason: 'too large' } as const;
      const records = await goOn(new Again(() => ({ outcome: tooLarge })), await withoutWeights());
      expect(records.map(({ outcome }) => outcome.status)).toEqual(Array.from({ length: 4 }, () => 'refused'));
      expect(records[0]?.outcome).toMatchObject({ reason: expect.stringContaining('could not be made again: too large') });
      const slow = { status: 'stopped', reason: 'it took too long', after: 500 } as const;
      const [first] = await goOn(new Again(() => ({ outcome: slow })), await withoutWeights());
      expect(first?.outcome).toMatchObject({ status: 'stopped', after: 0 });
    });

    test('refuse the trial that lost the device as it made them, and no other', async () => {
      const lost = { outcome: { status: 'refused', reason: 'the device was lost' }, lost: true } as const;
      for (const workers of [1, 4]) {
        const evaluator = new Again((time, evaluated) => (time === 0 ? lost : evaluated));
        const evaluators = Array.from({ length: workers }, () => evaluator);
        const records = await goOn(evaluator, await withoutWeights(), { evaluators });
        expect(records.map(({ outcome }) => outcome.status).sort()).toEqual(['refused', 'trained', 'trained', 'trained']);
        expect(evaluator.made).toBe(2);
      }
    });
  });

  test('may begin with those of the start', async () => {
    const weights = weightsFrom(START, 3);
    const key = startKey(weights);
    const strategy: Strategy = {
      name: 'from the start',
      propose: (_, { records }) =>
        records.length > 0
          ? undefined
          : {
              model: CHILD,
              samples: 10,
              seeds: [1],
              rates: [0.1],
              inherits: { key, replica: 0 },
              origin: { strategy: '', change: '' },
            },
    };
    const asked = await run(new MemoryStudy(), new Recorder(), strategy, { start: { model: START, weights } });
    expect(asked[0]?.options.initial).toEqual(inheritWeights(START, weights, CHILD, 1).weights);
    await expect(run(new MemoryStudy(), new Recorder(), strategy)).rejects.toThrow('give the same start again');
    expect(startKey(weightsFrom(START, 4))).not.toBe(key);
  });

  test('shows nothing of what its network comes to from nothing', async () => {
    const evaluator = new Recorder();
    const study = new MemoryStudy();
    await run(study, evaluator, chain);
    const accuracy = Array.from({ length: 10 }, () => 0.9);
    const outcome = { status: 'trained', accuracy, loss: accuracy } as const;
    const records = study.records.map((record) => ({ ...record, outcome, samples: FULL, seeds: [1, 2, 3, 4, 5] }));
    expect(records.map((record) => confirmsLength(PROBLEM, record))).toEqual([true, false, false]);
    expect(fullFront(PROBLEM, records)).toHaveLength(1);
    expect(
      unconfirmed(
        PROBLEM,
        study.records.map((record) => ({ ...record, samples: FULL })),
        0.5,
      ),
    ).toHaveLength(1);
  });
});

test('weights of screened trials are let go, the oldest first, and those from all seeds never', async () => {
  const study = new MemoryStudy();
  await run(study);
  const [a, b, c] = study.records;
  if (!a || !b || !c) expect.fail('no records');
  const kept = new ScreenedWeights(2 * (b.costs.bytes + a.costs.bytes) + 1);
  expect(kept.add({ ...a, seeds: [1, 2, 3, 4, 5] })).toEqual([]);
  expect([kept.add(a), kept.add(b), kept.add(a)]).toEqual([[], [], []]);
  // Added again, the first is the newest.
  expect(kept.add(c)).toEqual([b]);
  expect(new ScreenedWeights(1).add(a)).toEqual([]);
});

describe('children of evolve that begin with the weights of their parents', { timeout: 60_000 }, () => {
  /** The landscape, where handed-down weights make a short training worth a long one. */
  class Handing extends Landscape {
    override async evaluate(trial: Trial) {
      const { outcome } = await super.evaluate(trial.inherits ? { ...trial, samples: FULL } : trial);
      return { outcome, weights: outcome.accuracy.map((_, replica) => weightsFrom(trial.model, replica)) };
    }
  }
  const problem = { ...PROBLEM, inheriting: 0.5, objective: objective('parameters', { parameters: 3000 }) };
  const search = async (lag: number, workers: number, study = new MemoryStudy(), trials = 70) => {
    const evaluators = Array.from({ length: workers }, () => new Handing());
    const options = { problem, strategy: STRATEGIES.evolve, evaluators, study, context: {}, lag, budget: { trials } };
    for await (const _ of runSearch(options));
    return [...study.records].sort((a, b) => a.number - b.number);
  };

  test('are some of them, in the first rung, with weights that the study has, and go on from nothing', async () => {
    const records = await search(1, 1);
    const known = new Map(records.map((record) => [record.key, record]));
    const children = records.filter(({ origin, samples }) => origin.parent && samples === PROBLEM.rungs[0]);
    const handed = records.filter(({ inherits }) => inherits);
    expect(handed.length).toBeGreaterThan(0);
    expect(handed.length).toBeLessThan(children.length);
    for (const { samples, inherits, origin } of handed) {
      expect(samples).toBe(PROBLEM.rungs[0]);
      expect(inherits?.key).toBe(origin.parent);
      expect(known.has(inherits?.key ?? '')).toBe(true);
    }
    expect(records.some(({ samples, inherits }) => samples > (PROBLEM.rungs[0] ?? 0) && !inherits)).toBe(true);
  });

  test('make the same search for any number of evaluators, and after an interruption', async () => {
    const whole = plain(await search(3, 1));
    expect(plain(await search(3, 3))).toEqual(whole);
    const study = new MemoryStudy((await search(3, 1)).slice(0, 40));
    expect(plain(await search(3, 1, study))).toEqual(whole);
  });

  test('are none where their first training is the only one', async () => {
    const study = new MemoryStudy();
    const alone = { ...problem, rungs: [FULL] };
    const options = { problem: alone, strategy: STRATEGIES.evolve, evaluators: [new Landscape()], study, context: {} };
    for await (const _ of runSearch({ ...options, budget: { trials: 22 } }));
    expect(study.records.some(({ origin }) => origin.parent)).toBe(true);
    expect(study.records.some(({ inherits }) => inherits)).toBe(false);
    expect(STRATEGIES.evolve.handsDown?.(alone)).toBe(false);
  });

  test('leave the order of the others: what they come to counts as what networks like them came to from nothing', () => {
    const made = (samples: number, accuracy: number, filters: number, inherits = false): TrialRecord => ({
      ...makeTrial(
        {},
        {
          model: network(filters),
          samples,
          seeds: [6],
          rates: [0.01],
          origin: { strategy: 'x', change: '' },
          ...(inherits && { inherits: { key: 'a', replica: 0 } }),
        },
      ),
      number: filters,
      wallMs: 1,
      outcome: { status: 'trained', accuracy: [accuracy], loss: [1] },
    });
    const short = PROBLEM.rungs[0] ?? 0;
    // From nothing a short training leaves twice the error of a long one, with weights handed down half of it.
    const records = [2, 3, 4].flatMap((filters) => [
      made(short, 0.8, filters),
      made(short, 0.95, filters, true),
      made(FULL, 0.9, filters),
    ]);
    const fitness = new Fitness(PROBLEM, records);
    const [fresh, handed] = [made(short, 0.8, 5), made(short, 0.95, 5, true)];
    expect(fitness.of(handed)).toBeCloseTo(fitness.of(fresh), 10);
    expect(fitness.asFromNothing(short, 0.95)).toBeCloseTo(0.8, 10);
  });
});
