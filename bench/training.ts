// Milliseconds of a training step: `npm run bench -- bench/training.ts [--workload W1] [--peers FOLDER] ...`; see --help.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import * as paredown from '../src/node.ts';
import { WORKLOADS, type WorkloadName } from './workloads.ts';

const HELP = `Times training steps of the published networks, batch 50, Adam.

  --workload REGEX   which of ${Object.keys(WORKLOADS).join(', ')} [all]
  --steps N          steps measured a workload and way of reading [as many as take about 5 s, at least 20]
  --peers FOLDER     also run jax.mjs and tfjs.mjs of this folder (a copy of the project's peers with its packages installed),
                     by turns with ours; they read the loss at every step
  --nap MS           the peers' pause a turn of the event loop, which makes them fastest [0.2]
  --rounds N         how often each side is measured [2]
  --json FILE        write the figures
  --help`;

interface Row {
  readonly engine: string;
  readonly workload: string;
  readonly mode: string;
  readonly medianMs: number;
  readonly leastMs: number;
  readonly steps: number;
}

const { values: options } = parseArgs({
  options: {
    workload: { type: 'string', default: '.' },
    steps: { type: 'string' },
    peers: { type: 'string' },
    nap: { type: 'string', default: '0.2' },
    rounds: { type: 'string', default: '2' },
    json: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

if (options.help) console.log(HELP);
else await main();

async function main(): Promise<void> {
  const rows: Row[] = [];
  const gpu = await paredown.openGpu();
  console.log(`adapter: ${gpu.info.description || gpu.info.vendor}, ${new Date().toISOString().slice(0, 10)}`);
  await gpu.destroy();
  const filter = new RegExp(options.workload);
  for (const name of Object.keys(WORKLOADS) as WorkloadName[]) {
    if (!filter.test(name)) continue;
    for (let round = 0; round < Number(options.rounds); round++) {
      for (const row of await measure(name)) add(rows, row);
      if (options.peers && (name === 'W1' || name === 'W2'))
        for (const peer of ['jax', 'tfjs']) add(rows, runPeer(options.peers, peer, name));
    }
  }
  summarize(rows);
  if (options.json) writeFileSync(options.json, `${JSON.stringify(rows, undefined, 1)}\n`);
}

function add(rows: Row[], row: Row): void {
  rows.push(row);
  const { engine, workload, mode, medianMs, leastMs, steps } = row;
  console.log(`${workload} ${engine}, ${mode}: median ${medianMs.toFixed(3)} ms, least ${leastMs.toFixed(3)}, n=${steps}`);
}

/** Ours: the loss read at every step, and at every 100th. */
async function measure(name: WorkloadName): Promise<Row[]> {
  const gpu = await paredown.openGpu();
  const { model, inputShape } = WORKLOADS[name];
  const data = noise(inputShape, 5000);
  const start = performance.now();
  const trainer = await paredown.trainer(gpu, model, { batch: 50, optimizer: paredown.adam({ learningRate: 1e-4 }), seed: 1 });
  await run(trainer.fit(data, { steps: 1, reportEvery: 1 }));
  const firstStepMs = performance.now() - start;
  const warm = await run(trainer.fit(data, { steps: 3, reportEvery: 1 }));
  const least = Math.min(...warm);
  const steps = options.steps ? Number(options.steps) : Math.max(20, Math.min(5000, Math.round(5000 / least)));
  const every = await run(trainer.fit(data, { steps, reportEvery: 1 }));
  const block = Math.max(1, Math.min(100, Math.floor(steps / 5)));
  const seldom = (await run(trainer.fit(data, { steps: block * 5, reportEvery: block }))).map((ms) => ms / block);
  const { plan } = trainer;
  console.log(
    `${name}: ${plan.dispatches} dispatches, ${megabytes(plan.activationBytes)} activations (${megabytes(plan.activationBytesUnshared)} unshared), ` +
      `${megabytes(plan.parameterBytes + plan.momentBytes + plan.gradientBytes)} parameters, moments and gradients; ` +
      `plan, compilation and first step ${(firstStepMs / 1000).toFixed(2)} s`,
  );
  await trainer.destroy();
  await gpu.destroy();
  return [
    summaryRow(name, 'loss read at every step', every, steps),
    summaryRow(name, `loss read at every ${block}th step`, seldom, block * 5),
  ];
}

/** Wall-clock milliseconds from report to report. */
async function run(progress: AsyncIterable<paredown.Progress>): Promise<number[]> {
  const times: number[] = [];
  let last = performance.now();
  for await (const _ of progress) {
    const now = performance.now();
    times.push(now - last);
    last = now;
  }
  return times;
}

function summaryRow(workload: string, mode: string, times: readonly number[], steps: number): Row {
  return { engine: 'paredown', workload, mode, medianMs: median(times), leastMs: Math.min(...times), steps };
}

function runPeer(folder: string, peer: string, workload: string): Row {
  const steps = workload === 'W1' ? (peer === 'jax' ? 12 : 6) : 60;
  const child = spawnSync(process.execPath, [join(folder, `${peer}.mjs`), workload, String(steps)], {
    encoding: 'utf8',
    env: { ...process.env, NAP: options.nap },
    timeout: 600_000,
  });
  const found = /: median ([\d.]+) ms, least ([\d.]+), n=(\d+)/.exec(child.stdout);
  if (!found) throw new Error(`${peer} ${workload} failed: ${child.stderr || child.stdout || child.error?.message}`);
  return {
    engine: peer,
    workload,
    mode: `loss read at every step, NAP ${options.nap}`,
    medianMs: Number(found[1]),
    leastMs: Number(found[2]),
    steps,
  };
}

function summarize(rows: readonly Row[]): void {
  console.log('\nmedian of the rounds, and how many times as long as ours a peer takes');
  const key = ({ workload, engine, mode }: Row) => `${workload} ${engine}, ${mode}`;
  for (const name of new Set(rows.map(key))) {
    const mine = rows.filter((row) => key(row) === name);
    const first = mine[0];
    if (!first) continue;
    const value = median(mine.map(({ medianMs }) => medianMs));
    const ours = rows.filter(
      ({ workload, engine, mode }) => workload === first.workload && engine === 'paredown' && mode.endsWith('every step'),
    );
    const ratio = first.engine === 'paredown' ? '' : `  ${(value / median(ours.map(({ medianMs }) => medianMs))).toFixed(2)}x`;
    console.log(`  ${name.padEnd(52)} ${value.toFixed(3).padStart(10)} ms${ratio}`);
  }
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

function noise(inputShape: readonly [number, number, number], count: number): paredown.Dataset {
  const length = inputShape[0] * inputShape[1] * inputShape[2];
  const x = Uint8Array.from({ length: count * length }, (_, index) => (Math.imul(index, 0x9e3779b1) >>> 24) & 255);
  const y = Uint8Array.from({ length: count }, (_, index) => index % 10);
  return paredown.dataset({ name: 'noise', inputShape, x, y, classes: 10 });
}
