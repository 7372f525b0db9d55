import { type Gpu, trainer } from 'paredown/node';
import { counts } from '../table/counts.ts';
import type { DataSource } from '../table/data.ts';
import { costOfStep, inZoo } from '../table/network-row.ts';
import { TRAINING } from '../table/tables/dhingra.ts';
import type { Measurement } from './estimate.ts';

/** A small and a large network. */
const NETWORKS = ['dhingra/optimized', 'dhingra/one-conv'];
const AT_LEAST_MS = 2000;
/** Of most rows at their whole length, so that sizes are those of rows. */
const STEPS = 20_000;

/** The pace of an adapter on which no row was run yet, from a few seconds of training. */
export async function measurePace(gpu: Gpu, data: DataSource, signal: AbortSignal): Promise<Measurement[]> {
  const { train } = await data.splits(TRAINING.data);
  const found: Measurement[] = [];
  for (const network of NETWORKS) {
    const model = inZoo(network);
    const { batch, optimizer } = TRAINING;
    await using learner = await trainer(gpu, model, { batch, optimizer, seed: 1, signal });
    // The first steps compile.
    await learner.fit(train, { steps: 5, signal });
    const started = performance.now();
    const before = learner.step;
    while (performance.now() - started < AT_LEAST_MS) await learner.fit(train, { steps: 10, signal });
    const steps = learner.step - before;
    const cost = costOfStep(batch, counts(model));
    found.push({
      source: `${steps} steps of ${network}, measured now`,
      unit: 'network',
      size: cost * STEPS,
      msPerCost: (performance.now() - started) / steps / cost,
      adapter: gpu.info.description,
      date: new Date().toISOString(),
    });
  }
  return found;
}
