import { expose } from 'comlink';
import { adapterCalls } from './adapter.ts';
import { dataCalls } from './data.ts';
import { lazily } from './lazily.ts';
import { networkCalls } from './network-facts.ts';
import { openCalls } from './open.ts';
import { sampleCalls } from './sample.ts';
import { Session } from './session.ts';

// The engine of the page: planning, compiling and training never hold up what is shown.
const session = new Session();
const engine = {
  ...openCalls(session),
  ...adapterCalls(session),
  ...dataCalls(session),
  ...networkCalls(session),
  ...sampleCalls(session),
  ...lazily(['train', 'resume', 'canGoOn', 'stop', 'kernelTimes'], async () =>
    (await import('./training.ts')).trainingCalls(session),
  ),
  ...lazily(['ceilings'], async () => (await import('./kernels.ts')).kernelCalls(session)),
  ...lazily(['mistakes'], async () => (await import('./mistakes.ts')).mistakeCalls(session)),
  ...lazily(['filters', 'activations'], async () => (await import('./views.ts')).viewCalls(session)),
  ...lazily(['classify', 'lookAt', 'dataImage'], async () => (await import('./draw/draw.ts')).drawCalls(session)),
  ...lazily(['weigh', 'leave', 'integers', 'makeIntegers', 'load'], async () =>
    (await import('./take/take.ts')).takeCalls(session),
  ),
  ...lazily(['connectSearch', 'subjectFacts'], async () => (await import('./pare.ts')).pareCalls(session)),
  ...lazily(['zoo'], async () => (await import('./zoo.ts')).zooCalls()),
};
export type Engine = typeof engine;
expose(engine);
