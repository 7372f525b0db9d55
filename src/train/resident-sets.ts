import type { Dataset } from '../data/dataset.ts';
import type { Gpu } from '../gpu/gpu.ts';
import { ResidentData } from './resident.ts';

/** A data set on the GPU while somebody works with it. */
export interface HeldData {
  readonly resident: ResidentData;
  letGo(): void;
}

interface Entry {
  readonly resident: Promise<ResidentData>;
  holders: number;
  released: boolean;
}

/** How many stay though nobody works with them: training, validation and test, and one more. */
const KEPT = 4;

/**
 * The data sets that a trainer has on the GPU: the last few that it worked with, each until it is released, or until nobody has the
 * data set itself any more.
 */
export class ResidentSets {
  private readonly entries = new WeakMap<Dataset, Entry>();
  /** In the order in which they were last asked for. */
  private readonly live = new Set<Entry>();
  private readonly dropped = new FinalizationRegistry<Entry>((entry) => this.remove(entry));

  constructor(private readonly gpu: Gpu) {}

  /** The data set on the GPU, uploaded where it is not there yet; it stays at least until it is let go. */
  async hold(data: Dataset): Promise<HeldData> {
    const known = this.entries.get(data);
    const entry = known && !known.released ? known : this.upload(data);
    this.live.delete(entry);
    this.live.add(entry);
    entry.holders++;
    this.limit();
    const letGo = () => {
      entry.holders--;
      this.freeIfUnused(entry);
      this.limit();
    };
    try {
      return { resident: await entry.resident, letGo };
    } catch (error) {
      // What failed is tried anew the next time.
      if (this.entries.get(data) === entry) this.entries.delete(data);
      this.live.delete(entry);
      throw error;
    }
  }

  /** Frees a data set's memory on the GPU, at once or when whoever works with it has ended. Does nothing where it is not there. */
  release(data: Dataset): void {
    const entry = this.entries.get(data);
    if (!entry) return;
    this.entries.delete(data);
    this.dropped.unregister(entry);
    this.remove(entry);
  }

  async destroy(): Promise<void> {
    for (const entry of this.live) (await entry.resident.catch(() => undefined))?.destroy();
    this.live.clear();
  }

  private upload(data: Dataset): Entry {
    const entry = { resident: ResidentData.create(this.gpu, data), holders: 0, released: false };
    this.entries.set(data, entry);
    this.live.add(entry);
    this.dropped.register(data, entry, entry);
    return entry;
  }

  /** Lets go of those that nobody works with, the longest unused first. */
  private limit(): void {
    for (const entry of this.live) {
      if (this.live.size <= KEPT) return;
      if (entry.holders === 0) this.remove(entry);
    }
  }

  private remove(entry: Entry): void {
    entry.released = true;
    this.freeIfUnused(entry);
  }

  private freeIfUnused(entry: Entry): void {
    if (!entry.released || entry.holders > 0 || !this.live.delete(entry)) return;
    entry.resident.then(
      (resident) => resident.destroy(),
      () => undefined,
    );
  }
}
