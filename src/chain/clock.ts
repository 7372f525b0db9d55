import { canonicalJson } from '../core/json.ts';
import { beforeUntrained } from './steps/registry.ts';
import type { ChainRecord } from './trial.ts';

/** Times are foretold a little wrong. */
const ROOM = 1.2;

/** The time of a study: what its trials took, and what goes by from when this was made. */
export class ChainClock {
  private readonly started = performance.now();
  private readonly before: number;

  constructor(
    private readonly minutes: number | undefined,
    private readonly records: readonly ChainRecord[],
    private readonly seeds: number,
  ) {
    this.before = records.reduce((sum, { wallMs }) => sum + wallMs, 0);
  }

  get spentMs(): number {
    return this.before + performance.now() - this.started;
  }

  /** Infinite without a budget. */
  get leftMs(): number {
    return this.minutes === undefined ? Number.POSITIVE_INFINITY : Math.max(0, 60_000 * this.minutes - this.spentMs);
  }

  /** Whether another chain can be tried from one seed, and what is smallest so far still be confirmed. */
  allowsScreening(smallest: ChainRecord | undefined): boolean {
    const screened = this.records.filter(({ seeds, chain }) => seeds.length === 1 && !beforeUntrained(chain)).slice(-LATEST);
    const one = Math.max(0, ...screened.map(({ wallMs }) => wallMs));
    return this.leftMs > ROOM * one + (smallest ? this.confirmingMs(smallest) : ROOM * one * this.seeds);
  }

  allowsConfirming(screened: ChainRecord): boolean {
    return this.leftMs > this.confirmingMs(screened);
  }

  /** All seeds of a chain that was tried from one: they share a trainer, and take as many times as long as those of before did. */
  private confirmingMs(screened: ChainRecord): number {
    const trained = this.records.filter(({ chain }) => !beforeUntrained(chain));
    const ratios = trained.flatMap((record) => {
      const alone = trained.find((one) => one.seeds.length === 1 && one.chain.length === record.chain.length);
      return record.seeds.length > 1 && alone ? [record.wallMs / alone.wallMs] : [];
    });
    return ROOM * this.allMs(screened) * Math.max(1, ...(ratios.length > 0 ? ratios : [this.seeds]));
  }

  /** With the training of what a last step that trains nothing was done to. */
  private allMs({ chain, seeds, wallMs }: ChainRecord): number {
    const before = beforeUntrained(chain);
    const same = (one: ChainRecord) => canonicalJson([one.chain, one.seeds]) === canonicalJson([before, seeds]);
    const trained = before && this.records.find(same);
    return wallMs + (trained ? this.allMs(trained) : 0);
  }
}

const LATEST = 3;
