import { expect, test } from 'vitest';
import { whyEnded } from '../src/cli/search/why-ended.ts';
import { dense, flatten, model } from '../src/node.ts';
import { makeTrial, type Outcome, type TrialRecord } from '../src/search/trial.ts';
import { PROBLEM } from './support/landscape.ts';

const NETWORK = model(PROBLEM.input, [flatten(), dense(10)]);

function record(strategy: string, change: string, outcome: Outcome): TrialRecord {
  const trial = makeTrial({}, { model: NETWORK, samples: 10, seeds: [6], rates: [0.01], origin: { strategy, change } });
  return { ...trial, number: 0, wallMs: 1, outcome };
}

test('a search that has nothing more to try says why', () => {
  const trained: Outcome = { status: 'trained', accuracy: [0.9], loss: [1] };
  const stopped: Outcome = { status: 'stopped', reason: 'it took longer than its limit of 20 s', after: 5 };
  const [descent, other] = [
    { strategy: 'pare', problem: PROBLEM },
    { strategy: 'evolve', problem: PROBLEM },
  ];
  expect(whyEnded(other, [record('evolve', 'drawn', trained)])).toContain('within the space and the limits');
  expect(whyEnded(descent, [record('pare', 'the start', stopped)])).toContain('could not begin, since the training of its start');
  expect(whyEnded(descent, [record('pare', 'the start', stopped)])).toContain('longer than its limit of 20 s');
  expect(whyEnded(descent, [record('pare', 'the start', trained)])).toContain('comes to 90.00%, and the floor is 95%');
  const records = [
    record('pare', 'the start', trained),
    record('pare', 'dense_1 4 -> 3', stopped),
    record('finish', '', trained),
  ];
  expect(whyEnded(descent, records)).toContain('nothing more can be taken away');
});
