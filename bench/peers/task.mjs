// What every engine is asked for, in a process of its own: `node ENGINE.mjs W1|W2`, with the steps and runs in the environment.

export const workload = process.argv[2] ?? 'W1';
export const BATCH = 50;
/** Sizes of W1 (Dhingra's baseline) or W2 (his optimised network). */
export const network =
  workload === 'W2'
    ? { filters: 2, second: 0, features: 98, hidden: 128, window: 4, dropout: 0 }
    : { filters: 32, second: 64, features: 3136, hidden: 1024, window: 2, dropout: 0.5 };

/** Milliseconds for training, and for inference of 50 and of 1,000. */
const BUDGET_MS = { train: Number(process.env.TRAIN_MS ?? 10_000), infer: Number(process.env.INFER_MS ?? 5000) };
const LEAST = { train: 5, infer: 2 };
const MOST = 1000;
const LONG_MS = 1000;

/** Runs `step` to warm it up (twice, or once where that takes long), then as often as fits, and prints the times as a line of JSON. */
export async function report(kind, what, step) {
  const times = [];
  let start = performance.now();
  await step();
  if (kind === 'train' || performance.now() - start < LONG_MS) await step();
  start = performance.now();
  while (times.length < LEAST[kind] || (times.length < MOST && performance.now() - start < BUDGET_MS[kind])) {
    const before = performance.now();
    await step();
    times.push(performance.now() - before);
  }
  console.log(JSON.stringify({ what, times }));
}

/** Whether inference is wanted: of W1 alone. */
export const infers = workload === 'W1';
export const INFERENCE_BATCHES = [50, 1000];
