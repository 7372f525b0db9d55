// The process that judges, without a GPU, for the tests of how it is watched: what it does stands in the trial's `key` ('judges', 'reports',
// 'is silent', 'dies', 'fails', 'babbles'), how long it takes in its `samples`. Each begin and end is a line of STUB_LOG.
import { appendFileSync } from 'node:fs';

const { STUB_LOG: log = '' } = process.env;
const note = (/** @type {string} */ text) => appendFileSync(log, `${text}\n`);

process.on('message', async (/** @type {any} */ { record: { key, samples, number } }) => {
  note(`begun ${number}`);
  const signs = key === 'reports' ? setInterval(() => process.send?.({ type: 'progress', images: 3, of: 9 }), 50) : undefined;
  await new Promise((done) => setTimeout(done, key === 'is silent' ? 2 ** 31 - 1 : samples));
  clearInterval(signs);
  note(`ended ${number}`);
  if (key === 'dies') {
    process.stderr.write('out of <memory>\n', () => process.exit(3));
  } else if (key === 'fails') process.send?.({ type: 'failed', reason: 'There is no GPU.', whole: 'There is no GPU. Buy one.' });
  else process.send?.({ type: 'judged', text: key === 'babbles' ? 'no JSON' : process.env.STUB_JUDGEMENT });
});
process.on('disconnect', () => process.exit());
