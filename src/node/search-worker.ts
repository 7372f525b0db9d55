// The process that trains trials for a `SearchWorker`: started by it, never by hand.
import { openGpu } from '../gpu/dawn.ts';
import { GpuEvaluator } from '../search/train.ts';
import { plainError } from './plain-error.ts';
import type { FromWorker, ToWorker } from './search-messages.ts';

/** What a person sees of it in a list of processes, with what it does. */
const NAME = 'search-worker';

let evaluator: GpuEvaluator | undefined;
let abort = new AbortController();

const send = (message: FromWorker) => process.send?.(message);

async function answer(message: ToWorker): Promise<void> {
  if (message.type === 'abort') return abort.abort();
  if (message.type === 'start') {
    evaluator = await GpuEvaluator.create(await openGpu(message.gpu), message.data, message.setup);
    process.title = `${NAME}: waiting`;
    send({ type: 'ready', context: evaluator.context });
    return;
  }
  if (!evaluator) throw new Error('A worker is started before it gets trials');
  abort = new AbortController();
  const { trial, keep, measure } = message;
  process.title = `${NAME}: training`;
  const evaluated = await evaluator.evaluate(trial, { keep, measure, signal: abort.signal }).finally(() => {
    process.title = `${NAME}: waiting`;
  });
  send({ type: 'evaluated', evaluated });
}

process.on('message', (message: ToWorker) => {
  answer(message).catch((error: unknown) => send({ type: 'failed', error: plainError(error) }));
});
// The parent decides what a Ctrl-C means, which the terminal sends to both.
process.on('SIGINT', () => undefined);
process.on('disconnect', () => process.exit());
