import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { browserToTest, withBrowser } from '../../kernels-test/support/browsers.ts';
import { servePage } from '../../kernels-test/support/served.ts';
import packageFile from '../../package.json' with { type: 'json' };
import { outputOf } from '../common/process.ts';
import { WORKLOADS, type WorkloadName } from '../workloads.ts';

export const ENGINES = ['node', 'deno', 'firefox', 'chromium'] as const;
export type EngineName = (typeof ENGINES)[number];
export const DENO: string = packageFile.config.deno;

/** One engine's times for one network, in one process, whose driver had compiled nothing before. */
export interface EngineTimes {
  readonly engine: EngineName;
  readonly version: string;
  readonly adapter: string;
  readonly kind: 'gpu' | 'cpu';
  /** Milliseconds from the opening of the GPU to the end of the first step. */
  readonly firstMs: number;
  /** Of each step whose loss is read before the next. */
  readonly every: readonly number[];
  /** Of a step where every `group`-th loss is read. */
  readonly grouped: readonly number[];
}

export interface Pace {
  readonly stepsMs: number;
  readonly group: number;
}

/** Measures one engine. Throws an Error with what it wrote where it fails. */
export async function runEngine(engine: EngineName, workload: WorkloadName, pace: Pace): Promise<EngineTimes> {
  const { model, batch } = WORKLOADS[workload];
  const task = { model, batch, ...pace };
  const cache = await mkdtemp(join(tmpdir(), 'paredown-shaders-'));
  const environment = { ...process.env, MESA_SHADER_CACHE_DIR: cache, __GL_SHADER_DISK_CACHE_PATH: cache };
  try {
    if (engine === 'firefox' || engine === 'chromium') return { engine, ...(await inBrowser(engine, task, environment)) };
    const [command, args, build]: [string, string[], string] =
      engine === 'node'
        ? [process.execPath, [], 'dist/node.js']
        : ['npx', ['--yes', DENO, 'run', '-A', '--unstable-webgpu'], 'dist/index.js'];
    const output = await outputOf(
      command,
      [...args, resolve('bench/engines/program.mjs'), pathToFileURL(resolve(build)).href, JSON.stringify(task)],
      environment,
    );
    const version = engine === 'node' ? `Node ${process.version.slice(1)}` : DENO.replace('d', 'D').replace('@', ' ');
    return { engine, version, ...(JSON.parse(output.trim().split('\n').at(-1) ?? '') as Measured) };
  } finally {
    await rm(cache, { recursive: true, force: true });
  }
}

type Measured = Omit<EngineTimes, 'engine' | 'version'>;

async function inBrowser(
  name: 'firefox' | 'chromium',
  task: object,
  env: NodeJS.ProcessEnv,
): Promise<Measured & { version: string }> {
  await using site = await servePage({ '/task.mjs': await readFile('bench/engines/task.mjs', 'utf8') });
  const path = browserToTest(name, () => undefined);
  return await withBrowser(
    name,
    path,
    async (browser) => {
      const page = await browser.newPage();
      await page.goto(site.url);
      const measured = await page.evaluate(
        `Promise.all([import('/task.mjs'), import('/dist/index.js')]).then(([{ measure }, paredown]) => measure(paredown, ${JSON.stringify(task)}))`,
      );
      return { version: (await browser.version()).replace(/^f/, 'F').replace('/', ' '), ...(measured as Measured) };
    },
    { env, timeoutMs: 600_000 },
  );
}
