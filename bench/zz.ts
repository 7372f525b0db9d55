import { openGpu } from '../src/gpu/dawn.ts';
import { timeDispatch } from '../src/gpu/profiler.ts';
import * as p from '../src/index.ts';

const gpu = await openGpu({});
const same = { padding: 'same', activation: 'relu' } as const;
const m = p.model(
  [28, 28, 1],
  [
    p.conv2d(32, 5, same),
    p.maxPool2d(2),
    p.conv2d(64, 5, same),
    p.maxPool2d(2),
    p.flatten(),
    p.dense(1024, { activation: 'relu' }),
    p.dropout(0.5),
    p.dense(10),
  ],
);
const t: any = await p.trainer(gpu, m, { batch: 50, optimizer: p.adam(), seed: 1 });
let sum = 0;
for (const c of [...t.current.plan.commands, ...t.current.finish]) {
  const a = performance.now();
  await timeDispatch(gpu, c, 1);
  const first = performance.now() - a;
  let best = 1e9;
  for (let i = 0; i < 4; i++) best = Math.min(best, await timeDispatch(gpu, c, 1));
  sum += first;
  console.log(c.name.padEnd(38), 'first', first.toFixed(0).padStart(6), 'run', best.toFixed(2).padStart(7));
}
console.log('sum', sum | 0);
await t.destroy();
await gpu.destroy();
