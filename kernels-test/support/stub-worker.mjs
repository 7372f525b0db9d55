// A search worker without a GPU, for the tests of how workers are watched: what a trial does stands in its `origin.change`
// ('works', 'loops', 'silent', or 'is killed', which does not end the first time), how many
// milliseconds it takes in its `samples`. Each start and each end of a trial is a line of STUB_LOG.
import { appendFileSync, existsSync, readFileSync } from 'node:fs';

const { STUB_LOG: log = '', STUB_GROWTH: growth = '0' } = process.env;
const note = (/** @type {string} */ text) => appendFileSync(log, `${process.pid} ${text}\n`);
const isBegun = (/** @type {string} */ key) => existsSync(log) && readFileSync(log, 'utf8').includes(`begun ${key}`);
let trials = 0;

process.title = 'search-worker: starting';
process.on('message', async (/** @type {any} */ message) => {
  if (message.type === 'abort') return;
  if (message.type === 'start') {
    process.title = 'search-worker: waiting';
    return process.send?.({ type: 'ready', context: {}, residentBytes: 0 });
  }
  const { key, samples, origin } = message.trial;
  process.title = 'search-worker: training';
  const ends = origin.change !== 'is killed' || isBegun(key);
  note(`begun ${key}`);
  if (origin.change === 'loops') for (;;);
  const signs = origin.change === 'silent' ? undefined : setInterval(() => process.send?.({ type: 'alive' }), 50);
  await new Promise((done) => setTimeout(done, ends ? samples : 2 ** 31 - 1));
  clearInterval(signs);
  process.title = 'search-worker: waiting';
  note(`ended ${key}`);
  const evaluated = { outcome: { status: 'trained', accuracy: [Number.parseInt(key.slice(0, 6), 16) / 2 ** 24], loss: [1] } };
  process.send?.({ type: 'evaluated', evaluated, residentBytes: ++trials * Number(growth) });
});
process.on('disconnect', () => process.exit());
