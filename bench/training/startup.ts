import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { outputOf } from '../common/process.ts';
import { median } from '../common/statistics.ts';
import { WORKLOADS, type WorkloadName } from '../workloads.ts';

/** Milliseconds from the start of a process to the end of its first training step. */
export interface Startup {
  readonly workload: WorkloadName;
  /** The driver's cache of compiled shaders deleted, and as the run before left it. */
  readonly coldMs: readonly number[];
  readonly warmMs: readonly number[];
}

const COLD_RUNS = 2;
const WARM_RUNS = 5;

/** What the process does: the package as it is built, and no more than a first step needs. */
const PROGRAM = `
const [build, description, samples] = process.argv.slice(1);
const { adam, dataset, openGpu, parseModel, trainer } = await import(build);
const m = parseModel(JSON.parse(description));
const [height, width, channels] = m.input;
const count = Number(samples);
const data = dataset({ name: 'noise', inputShape: m.input, x: new Uint8Array(count * height * width * channels), y: new Uint8Array(count), classes: 10 });
const gpu = await openGpu();
const training = await trainer(gpu, m, { batch: count, optimizer: adam(), seed: 1 });
for await (const { loss } of training.fit(data, { steps: 1, reportEvery: 1 })) console.log(performance.timeOrigin + performance.now(), loss);
await training.destroy();
await gpu.destroy();
`;

/** Undefined where the package is not built (in a packed project). */
export async function measureStartup(workload: WorkloadName): Promise<Startup | undefined> {
  const build = resolve('dist/node.js');
  if (!existsSync(build)) return undefined;
  const coldMs: number[] = [];
  const warmMs: number[] = [];
  for (let run = 0; run < COLD_RUNS; run++) {
    const cache = await mkdtemp(join(tmpdir(), 'paredown-shaders-'));
    try {
      coldMs.push(await firstStep(build, workload, cache));
      for (let again = 0; run === COLD_RUNS - 1 && again < WARM_RUNS; again++)
        warmMs.push(await firstStep(build, workload, cache));
    } finally {
      await rm(cache, { recursive: true, force: true });
    }
  }
  return { workload, coldMs, warmMs };
}

export function startupLine({ workload, coldMs, warmMs }: Startup): string {
  const seconds = (times: readonly number[]) =>
    `${(median(times) / 1000).toFixed(2)} s (${times.map((ms) => (ms / 1000).toFixed(2)).join(', ')})`;
  return `${workload}: from a process's start to its first finished step ${seconds(coldMs)} with an empty shader cache, ${seconds(warmMs)} with a full one`;
}

/** Milliseconds of one process, whose driver keeps its shaders in `cache` (Mesa, NVIDIA). */
async function firstStep(build: string, workload: WorkloadName, cache: string): Promise<number> {
  const { model, batch } = WORKLOADS[workload];
  const start = performance.timeOrigin + performance.now();
  const output = await outputOf(
    process.execPath,
    ['--input-type=module', '-e', PROGRAM, pathToFileURL(build).href, JSON.stringify(model), String(batch)],
    { ...process.env, MESA_SHADER_CACHE_DIR: cache, __GL_SHADER_DISK_CACHE_PATH: cache },
  );
  const end = Number(output.split(' ')[0]);
  if (!(end > start)) throw new Error(`The start-up of ${workload} printed no time: ${output}`);
  return end - start;
}
