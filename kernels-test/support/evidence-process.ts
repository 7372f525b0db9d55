// The queue over a tiny table, for the test that kills it.   evidence-process.ts STEPS OUT RESULTS

import { openGpu } from 'paredown/node';
import { Queue } from '../../examples/evidence/run.ts';
import { displayTo, goal, tinyData, tinyTable } from './evidence.ts';

const [steps = '1', out = '', results = ''] = process.argv.slice(2);
await using gpu = await openGpu();
const display = displayTo((line) => process.stdout.write(`${line}\n`));
const { signal } = new AbortController();
const queue = await Queue.open({
  gpu,
  goals: [goal(tinyTable('one', ['nahhas/two'], Number(steps)))],
  data: tinyData,
  out,
  results,
  display,
  signal,
  pace: async () => [],
});
await queue.run();
