import { abortError } from '../core/errors.ts';
import type { Chain } from './chain.ts';
import type { ChainClock } from './clock.ts';
import { type ChainRunOptions, runChain } from './run.ts';
import { beforeUntrained } from './steps/registry.ts';
import type { ChainStudy } from './study.ts';
import { bytesOf, type ChainRecord, holdsTheFloor, makeChainTrial } from './trial.ts';

export interface AttemptsOptions {
  readonly run: ChainRunOptions;
  /** See `makeChainTrial`. */
  readonly context: object;
  readonly study: ChainStudy;
  readonly clock: ChainClock;
  readonly floor: number;
  readonly onBegin?: (chain: Chain, seeds: number, leftMs: number) => void;
}

/** Of files that are remembered beside the study's. */
const MOST_BYTES = 64 * 2 ** 20;

/** Tries chains, each once: what the study knows is not run again. */
export class Attempts {
  /** What is smallest of all that is shown to hold the floor. */
  smallest: ChainRecord | undefined;

  /** By key, of what was trained lately: the study keeps no files of a chain that is screened. */
  private readonly lately = new Map<string, readonly Uint8Array[]>();

  constructor(private readonly options: AttemptsOptions) {}

  /** Undefined of what was not tried. */
  known(chain: Chain, seeds: readonly number[]): ChainRecord | undefined {
    const { context, study } = this.options;
    const { key } = makeChainTrial(context, chain, seeds);
    return study.records.find((record) => record.key === key);
  }

  /** Whether a chain is known, or its last step trains nothing and what it is done to is there. */
  costsNothing(chain: Chain, seeds: readonly number[]): boolean {
    if (this.known(chain, seeds)) return true;
    const before = beforeUntrained(chain);
    const trained = before && this.known(before, seeds);
    // The study keeps files of what was trained from all seeds.
    return trained !== undefined && (seeds.length !== 1 || this.lately.has(trained.key));
  }

  /**
   * From one seed a chain is screened; from none, or from all, it is shown to hold the floor or not, and its files are kept. Yields what was
   * tried, last of all the chain itself, and returns that: a step for which nothing is trained is done to what the chain before it came to.
   */
  async *of(chain: Chain, seeds: readonly number[]): AsyncGenerator<ChainRecord, ChainRecord, undefined> {
    let record = this.known(chain, seeds);
    if (!record) {
      const before = beforeUntrained(chain);
      const trained = before && before.length > 0 ? (this.known(before, seeds) ?? (yield* this.of(before, seeds))) : undefined;
      record =
        trained && trained.outcome.status !== 'measured'
          ? await this.added({ ...makeChainTrial(this.options.context, chain, seeds), outcome: trained.outcome, wallMs: 0 })
          : await this.made(chain, seeds, trained && (await this.files(trained)));
    }
    const shows = seeds.length !== 1 && holdsTheFloor(record, this.options.floor);
    if (shows && !(this.smallest && bytesOf(this.smallest) <= bytesOf(record))) this.smallest = record;
    yield record;
    return record;
  }

  /** The files of a record that has some; those that were lost, or that the study never kept, are made again. */
  async files(record: ChainRecord): Promise<readonly Uint8Array[]> {
    const { study, run } = this.options;
    const kept = this.lately.get(record.key) ?? (await study.files(record));
    if (kept) return kept;
    const { files } = await runChain(record, run);
    if (record.seeds.length === 1) this.remember(record, files);
    else await study.addFiles(record, files);
    return files;
  }

  /** `before`: the files of the chain without its last step, of each copy, where that trains nothing. */
  private async made(chain: Chain, seeds: readonly number[], before?: readonly Uint8Array[]): Promise<ChainRecord> {
    const { run, context, clock, onBegin } = this.options;
    const { confirmation, ...screening } = run;
    if (run.signal?.aborted) throw abortError(run.signal.reason);
    onBegin?.(chain, seeds.length, clock.leftMs);
    const trial = makeChainTrial(context, chain, seeds);
    const started = performance.now();
    const { outcome, files } = await runChain(trial, seeds.length === 1 ? screening : run, before);
    const record = { ...trial, outcome, wallMs: performance.now() - started };
    if (!beforeUntrained(chain)) this.remember(record, files);
    return this.added(record, seeds.length !== 1 && files.length > 0 ? files : undefined);
  }

  private remember({ key }: ChainRecord, files: readonly Uint8Array[]): void {
    this.lately.set(key, files);
    const bytes = () => [...this.lately.values()].flat().reduce((sum, { length }) => sum + length, 0);
    for (const [oldest] of [...this.lately]) if (bytes() > MOST_BYTES) this.lately.delete(oldest);
  }

  private async added(record: ChainRecord, files?: readonly Uint8Array[]): Promise<ChainRecord> {
    await this.options.study.add(record, files);
    return record;
  }
}
