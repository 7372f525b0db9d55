import { join } from 'node:path';
import { DataError, DivergedError, type Gpu, LimitError, lockFolder, VERSION } from 'paredown/node';
import { duration } from '../../src/cli/common/format.ts';
import { isAbort } from '../../src/cli/common/interrupt.ts';
import type { DataSource } from '../table/data.ts';
import type { TableDisplay } from '../table/display.ts';
import { runRow } from '../table/run-row.ts';
import { ResultStore, recipeKey } from '../table/store.ts';
import { isUnmeasured, type Measurement, measurements } from './estimate.ts';
import type { Goal } from './goals.ts';
import { type Job, jobsLeft } from './jobs.ts';
import { Known } from './known.ts';
import { land } from './land.ts';
import { next } from './order.ts';
import { adds, leftInWords, tablesOf, total } from './print.ts';
import { type Everything, everything } from './wanted.ts';

export interface Evidence {
  readonly gpu: Gpu;
  readonly goals: readonly Goal[];
  readonly data: DataSource;
  /** Where rows are run: a folder a table. */
  readonly out: string;
  /** What `npm run results` reads. */
  readonly results: string;
  readonly display: TableDisplay;
  readonly signal: AbortSignal;
  /** Measures the pace of an adapter on which nothing was run yet. */
  pace(): Promise<readonly Measurement[]>;
}

export interface Outcome {
  readonly left: readonly Job[];
  readonly failed: number;
  /** Names of the folders of the results that changed. */
  readonly landed: readonly string[];
}

const LAND_EVERY_MS = 600_000;

/** The queue over all tables. */
export class Queue {
  private constructor(
    private readonly evidence: Evidence,
    readonly everything: Everything,
    private readonly paces: readonly Measurement[],
  ) {}

  /** Reads what is wanted and what is known; on an adapter where nothing was run yet, trains for some seconds to learn its pace. */
  static async open(evidence: Evidence): Promise<Queue> {
    const { goals, data, gpu, display, pace } = evidence;
    const queue = new Queue(evidence, await everything(goals, data), []);
    const { wanted } = queue.everything;
    const known = await queue.known();
    const networks = wanted.some(({ whole }) => whole.extend && !known.find(whole));
    if (!networks || !isUnmeasured(gpu.info.description, measurements(known.all, wanted))) return queue;
    display.print('Nothing was run on this adapter yet: measuring its pace ...');
    return new Queue(evidence, queue.everything, await pace());
  }

  /** What is left, the best first. */
  async jobs(known?: Known): Promise<Job[]> {
    const { gpu, out } = this.evidence;
    const { wanted } = this.everything;
    const found = known ?? (await this.known());
    return jobsLeft({
      wanted,
      known: found,
      measured: [...measurements(found.all, wanted), ...this.paces],
      adapter: gpu.info.description,
      version: VERSION,
      folder: out,
    });
  }

  /** Trains until nothing is left, `minutes` are over or the signal fires; keeps what was done in each case. */
  async run(minutes?: number): Promise<Outcome> {
    const { display, signal } = this.evidence;
    const end = minutes === undefined ? undefined : performance.now() + 60_000 * minutes;
    const leftMs = () => (end === undefined ? undefined : end - performance.now());
    const over = new AbortController();
    const stop = () => over.abort(signal.reason);
    // An event that has been does not come again.
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
    const timer = end === undefined ? undefined : setTimeout(stop, Math.min(leftMs() ?? 0, LONGEST_TIMER_MS));
    try {
      return await this.trainAll(leftMs, over.signal);
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
      display.close();
    }
  }

  private async trainAll(leftMs: () => number | undefined, signal: AbortSignal): Promise<Outcome> {
    const { display } = this.evidence;
    const failed = new Set<string>();
    const taken = new Set<string>();
    const landed = new Set(await this.land());
    let landedAt = performance.now();
    let doneMs = 0;
    while (!signal.aborted) {
      const jobs = (await this.jobs()).filter(({ row }) => !failed.has(recipeKey(row.recipe)));
      const job = next(
        jobs.filter(({ ready, places }) => ready && !taken.has(places[0]?.table ?? '')),
        leftMs(),
      );
      if (!job) break;
      const ahead = { doneMs, totalMs: doneMs + total(jobs).ms };
      const outcome = await this.train(job, jobs, ahead, signal);
      if (outcome === 'taken') taken.add(job.places[0]?.table ?? '');
      else taken.clear();
      if (outcome === 'failed') failed.add(recipeKey(job.row.recipe));
      if (outcome === 'finished') doneMs += job.estimate?.ms ?? 0;
      if (performance.now() - landedAt < LAND_EVERY_MS) continue;
      for (const name of await this.land()) landed.add(name);
      landedAt = performance.now();
    }
    display.close();
    for (const name of await this.land()) landed.add(name);
    return { left: await this.jobs(), failed: failed.size, landed: [...landed] };
  }

  private async train(
    job: Job,
    jobs: readonly Job[],
    { doneMs, totalMs }: { readonly doneMs: number; readonly totalMs: number },
    signal: AbortSignal,
  ): Promise<'finished' | 'failed' | 'taken' | 'stopped'> {
    const { display, gpu, data, out } = this.evidence;
    const { row, begun, estimate, places } = job;
    const table = places[0]?.table ?? '';
    const folder = join(out, table);
    const ms = estimate?.ms ?? 0;
    const lock = await lockFolder(folder).catch((error: unknown) => {
      if (!(error instanceof DataError)) throw error;
      display.print(`${table} is passed over: ${error.message}`);
    });
    if (!lock) return 'taken';
    await using _held = lock;
    // Another process may have trained it before the folder was ours.
    if ((await this.known()).find(row)) return 'finished';
    display.print(`${row.name} (${tablesOf(job)}): ${adds(job)}, ${estimate ? `about ${duration(ms)}` : 'of unknown length'}`);
    display.begin(row.name);
    const store = await ResultStore.open(folder, table);
    const started = performance.now();
    try {
      await runRow(row, {
        folder,
        gpu,
        data,
        signal,
        begun,
        // What the estimate is of is what was left of it.
        progress: (share, text) =>
          display.progress(doneMs + (ms * Math.max(0, share - job.done)) / (1 - job.done), totalMs, `${row.name}: ${text}`),
        note: (text) => display.print(`  ${text}`),
        keep: (finished) => store.put({ ...finished, command: `npm run evidence -- --only ${table}` }),
      });
    } catch (error) {
      if (signal.aborted && isAbort(error)) return 'stopped';
      if (!(error instanceof LimitError || error instanceof DivergedError)) throw error;
      // It would come to the same end again, but the others need not.
      display.print(`  ${row.name} failed: ${error.message}`);
      return 'failed';
    }
    const rest = jobs.filter((one) => one !== job);
    display.print(`  finished in ${duration(performance.now() - started)}; left: ${leftInWords(rest)}`);
    return 'finished';
  }

  private known(): Promise<Known> {
    const { results, out, goals } = this.evidence;
    return Known.read([results, out], new Set(goals.map(({ table }) => table.name)));
  }

  private async land(): Promise<string[]> {
    const { data, results, display } = this.evidence;
    return land({
      tables: this.everything.tables,
      known: await this.known(),
      data,
      results,
      note: (text) => display.print(text),
    });
  }
}

/** Of setTimeout: about 24 days. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;
