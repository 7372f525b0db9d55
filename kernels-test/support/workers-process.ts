// A process with search workers, for the test that kills it: tells 'started', and then trains without end.
import { conv2d, DEFAULT_SETUP, dense, digits, flatten, model, SearchWorkers } from 'paredown/node';
import { makeTrial } from '../../src/search/trial.ts';

const { train, validation } = digits({ train: 100, test: 20 });
const { evaluators, context } = await SearchWorkers.start({ train, validation }, { count: 2, threads: 1, setup: DEFAULT_SETUP });
const network = model([28, 28, 1], [conv2d(2, 3, { strides: 3, activation: 'relu' }), flatten(), dense(10)]);
const origin = { strategy: 'test', change: 'given' };
const trial = makeTrial(context, { model: network, samples: 1e9, seeds: [1], rates: [0.01], origin });
console.log('started');
await Promise.all(evaluators.map((evaluator) => evaluator.evaluate(trial, { keep: false })));
