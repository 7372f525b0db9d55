import { abortError } from '../core/errors.ts';
import type { Chain } from './chain.ts';
import type { ChainClock } from './clock.ts';
import { type ChainRunOptions, runChain } from './run.ts';
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

/** Tries chains, each once: what the study knows is not run again. */
export class Attempts {
  /** What is smallest of all that is shown to hold the floor. */
  smallest: ChainRecord | undefined;

  constructor(private readonly options: AttemptsOptions) {}

  /** Undefined of what was not tried. */
  known(chain: Chain, seeds: readonly number[]): ChainRecord | undefined {
    const { context, study } = this.options;
    const { key } = makeChainTrial(context, chain, seeds);
    return study.records.find((record) => record.key === key);
  }

  /** From one seed a chain is screened; from none, or from all, it is shown to hold the floor or not, and its files are kept. */
  async of(chain: Chain, seeds: readonly number[]): Promise<ChainRecord> {
    const record = this.known(chain, seeds) ?? (await this.made(chain, seeds));
    const shows = seeds.length !== 1 && holdsTheFloor(record, this.options.floor);
    if (shows && !(this.smallest && bytesOf(this.smallest) <= bytesOf(record))) this.smallest = record;
    return record;
  }

  /** The files of a record that has some; those that were lost are made again. */
  async files(record: ChainRecord): Promise<readonly Uint8Array[]> {
    const { study, run } = this.options;
    const kept = await study.files(record);
    if (kept) return kept;
    const { files } = await runChain(record, run);
    await study.addFiles(record, files);
    return files;
  }

  private async made(chain: Chain, seeds: readonly number[]): Promise<ChainRecord> {
    const { run, context, study, clock, onBegin } = this.options;
    const { confirmation, ...screening } = run;
    if (run.signal?.aborted) throw abortError(run.signal.reason);
    onBegin?.(chain, seeds.length, clock.leftMs);
    const trial = makeChainTrial(context, chain, seeds);
    const started = performance.now();
    const { outcome, files } = await runChain(trial, seeds.length === 1 ? screening : run);
    const record = { ...trial, outcome, wallMs: performance.now() - started };
    await study.add(record, seeds.length !== 1 && files.length > 0 ? files : undefined);
    return record;
  }
}
