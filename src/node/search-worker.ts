// The process that trains trials for a `SearchWorker`: started by it, never by hand.
import { openGpu } from '../gpu/dawn.ts';
import type { Gpu } from '../gpu/gpu.ts';
import { GpuEvaluator } from '../search/train.ts';
import { plainError } from './plain-error.ts';
import type { FromWorker, ToWorker } from './search-messages.ts';

/** What a person sees of it in a list of processes, with what it does. */
const NAME = 'search-worker';
/** Milliseconds between two looks at what the device has done. */
const LOOKS_MS = 500;

let gpu: Gpu | undefined;
let evaluator: GpuEvaluator | undefined;
let abort = new AbortController();

const send = (message: FromWorker) => process.send?.(message);
const residentBytes = () => process.memoryUsage.rss();

async function answer(message: ToWorker): Promise<void> {
  if (message.type === 'abort') return abort.abort();
  if (message.type === 'start') {
    gpu = await openGpu(message.gpu);
    evaluator = await GpuEvaluator.create(gpu, message.data, message.setup);
    process.title = `${NAME}: waiting`;
    send({ type: 'ready', context: evaluator.context, residentBytes: residentBytes() });
    return;
  }
  if (!gpu || !evaluator) throw new Error('A worker is started before it gets trials');
  abort = new AbortController();
  process.title = `${NAME}: training`;
  const looks = tellAlive(gpu);
  try {
    const evaluated = await evaluator.evaluate(message.trial, { ...message.options, signal: abort.signal });
    send({ type: 'evaluated', evaluated, residentBytes: residentBytes() });
  } finally {
    clearInterval(looks);
    process.title = `${NAME}: waiting`;
  }
}

/** Not the timer alone is the sign: it runs on beside a device that hangs. */
function tellAlive(device: Gpu): NodeJS.Timeout {
  let seen = device.waits;
  return setInterval(() => {
    if (device.waits === seen) return;
    seen = device.waits;
    send({ type: 'alive' });
  }, LOOKS_MS);
}

process.on('message', (message: ToWorker) => {
  answer(message).catch((error: unknown) => send({ type: 'failed', error: plainError(error) }));
});
// The parent decides what a Ctrl-C means, which the terminal sends to both.
process.on('SIGINT', () => undefined);
process.on('disconnect', () => process.exit());
