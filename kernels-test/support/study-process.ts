// A search on the made-up landscape with its study in a folder, for the test that kills it:   study-process.ts FOLDER TRIALS
import { StudyFolder } from '../../src/node/study-folder.ts';
import { runSearch } from '../../src/search/run.ts';
import { evolve } from '../../src/search/strategies/evolve.ts';
import { Landscape, PROBLEM } from './landscape.ts';

const [folder = '', trials = '0'] = process.argv.slice(2);
const context = { data: 'made up' };
const study = await StudyFolder.open(folder, context);
const options = { problem: PROBLEM, strategy: evolve, evaluators: [new Landscape()], study, context };
for await (const { key } of runSearch({ ...options, budget: { trials: Number(trials) } })) {
  console.log(key);
  // Time in which a signal may come.
  await new Promise((done) => setTimeout(done, 20));
}
