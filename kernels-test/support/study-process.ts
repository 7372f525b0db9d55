// A search on the made-up landscape with its study in a folder, for the test that kills it:   study-process.ts FOLDER TRIALS
import { StudyFolder } from '../../src/node/study-folder.ts';
import { runSearch } from '../../src/search/run.ts';
import { evolve } from '../../src/search/strategies/evolve.ts';
import type { Trial } from '../../src/search/trial.ts';
import { Landscape, PROBLEM } from './landscape.ts';

/** Takes its time over a trial, in which a signal may come. */
class Slow extends Landscape {
  override async evaluate(trial: Trial) {
    await new Promise((done) => setTimeout(done, 30));
    return super.evaluate(trial);
  }
}

const [folder = '', trials = '0'] = process.argv.slice(2);
const context = { data: 'made up' };
const study = await StudyFolder.open(folder, context);
const options = { problem: PROBLEM, strategy: evolve, evaluators: [new Slow()], study, context };
console.log('begun');
for await (const _ of runSearch({ ...options, budget: { trials: Number(trials) } }));
