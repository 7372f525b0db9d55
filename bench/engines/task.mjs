// What every engine of WebGPU is asked for: the same program in Node, in Deno and in a page.

/**
 * Milliseconds to the first step, from the opening of the GPU; of each step whose loss is read before the next; and of a step where
 * every `group`-th loss is read. For about `stepsMs` each.
 * @param {typeof import('../../src/index.ts')} paredown
 * @param {{ model: unknown, batch: number, stepsMs: number, group: number }} task
 */
export async function measure({ adam, dataset, openGpu, parseModel, trainer }, { model, batch, stepsMs, group }) {
  const network = parseModel(model);
  const length = network.input.reduce((product, size) => product * size, 1);
  const count = 5000;
  const x = Uint8Array.from({ length: count * length }, (_, i) => (i * 2654435761) >>> 24);
  const y = Uint8Array.from({ length: count }, (_, i) => i % 10);
  const data = dataset({ name: 'noise', inputShape: network.input, x, y, classes: 10 });
  const start = performance.now();
  const gpu = await openGpu();
  try {
    const training = await trainer(gpu, network, { batch, optimizer: adam({ learningRate: 1e-4 }), seed: 1 });
    const steps = training.fit(data, { steps: 1_000_000, reportEvery: 1 });
    await steps.next();
    const firstMs = performance.now() - start;
    const every = await timed(steps, stepsMs, 1);
    await steps.return();
    const groups = training.fit(data, { steps: 1_000_000, reportEvery: group });
    // Up to the next multiple of `group`, and the one after, by which the length of a submit settles.
    for (let settling = 0; settling < 2; settling++) await groups.next();
    const grouped = await timed(groups, stepsMs, group);
    await groups.return();
    await training.destroy();
    return { adapter: gpu.info.description || gpu.info.vendor || 'nameless', kind: gpu.info.kind, firstMs, every, grouped };
  } finally {
    await gpu.destroy();
  }
}

/** @param {AsyncGenerator<{ loss: number }>} reports @param {number} budget @param {number} group */
async function timed(reports, budget, group) {
  /** @type {number[]} */
  const times = [];
  const start = performance.now();
  while (times.length < 2 || performance.now() - start < budget) {
    const before = performance.now();
    const { value } = await reports.next();
    if (!Number.isFinite(value?.loss)) throw new Error(`the loss is ${value?.loss}`);
    times.push((performance.now() - before) / group);
  }
  return times;
}
