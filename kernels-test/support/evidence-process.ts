// The queue over a tiny table, for the test that kills it.   evidence-process.ts STEPS OUT RESULTS [HANG]
// Stands still, to be killed, once what it printed matches HANG.

import { writeSync } from 'node:fs';
import { openGpu } from 'paredown/node';
import { Queue } from '../../examples/evidence/run.ts';
import { displayTo, goal, tinyData, tinyTable } from './evidence.ts';

const [steps = '1', out = '', results = '', hang] = process.argv.slice(2);
await using gpu = await openGpu();
let printed = '';
const display = displayTo((line) => {
  writeSync(1, `${line}\n`);
  printed += `${line}\n`;
  if (hang !== undefined && new RegExp(hang).test(printed)) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
});
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
