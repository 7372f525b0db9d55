// The search as a library call: the smallest network that holds an accuracy on the built-in digits.   npx tsx examples/search.ts [FLOOR]
import { digits, openGpu, search, table } from 'paredown/node';

const floor = Number(process.argv[2] ?? 0.9);
const stop = new AbortController();
process.once('SIGINT', () => stop.abort());

const gpu = await openGpu();
const steps = search(gpu, digits({ train: 6000, test: 1000 }), {
  floor,
  objective: 'parameters',
  limits: { macs: 100_000 },
  budget: { minutes: 5 },
  signal: stop.signal,
});
try {
  for await (const step of steps) {
    if (step.type === 'trial') {
      const { record, best, front } = step;
      console.log(
        `trial ${record.number + 1}: ${record.costs.parameters} parameters, ${record.outcome.status}; ` +
          `best: ${best ? `${best.costs.parameters} parameters` : 'none yet'}, ${front.length} networks on the front`,
      );
      continue;
    }
    const { finalists, best } = step.conclusion;
    for (const { costs, test } of finalists)
      console.log(`${costs.parameters} parameters: ${test.map((share) => share.toFixed(3)).join(' ')}`);
    const found = finalists.find(({ key }) => key === best);
    console.log(found ? table(found.model) : `Nothing held ${floor}; more minutes may help, or a lower floor`);
  }
} catch (error) {
  if (!stop.signal.aborted) throw error;
  console.log('Stopped.');
} finally {
  await gpu.destroy();
}
