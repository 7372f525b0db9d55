// One side of a made-up search over a queue, for the tests that kill it:
//   queue-process.ts search URL ID FOLDER TRIALS LEASE        queue-process.ts worker URL NAME MILLISECONDS LOG
import { QueueWorker, SearchQueue, StudyFolder } from 'paredown/node';
import { runSearch } from '../../src/search/run.ts';
import { evolve } from '../../src/search/strategies/evolve.ts';
import { PROBLEM } from './landscape.ts';
import { DATA, LAG, SETUP, SlowLandscape } from './queue.ts';

const [role = '', url = '', name = '', ...rest] = process.argv.slice(2);
if (role === 'search') {
  const [folder = '', trials = '', lease = ''] = rest;
  await using queue = await SearchQueue.open(DATA, { url, id: name, setup: SETUP, slots: LAG, leaseMs: Number(lease) });
  const { context, evaluators } = queue;
  const study = await StudyFolder.open(folder, context);
  const options = { problem: PROBLEM, strategy: evolve, evaluators, study, context, lag: LAG };
  for await (const _ of runSearch({ ...options, budget: { trials: Number(trials) } }));
} else {
  const [milliseconds = '', log = ''] = rest;
  await QueueWorker.serve({
    url,
    name,
    adapter: 'made up',
    find: () => Promise.resolve(DATA),
    trainer: () => Promise.resolve(new SlowLandscape({ milliseconds: Number(milliseconds), log, name })),
    onEvent: (event) => console.log(JSON.stringify(event)),
  });
}
