import { createStore, delMany, getMany, setMany } from 'idb-keyval';
import type { StoreState } from './calls.ts';

/** What is kept; what another version of the page wrote is dropped. */
const FORMAT = 1;
const KEYS = ['settings', 'data', 'training', 'subject'] as const;
const LOCK = 'paredown-page';
/** How long the tab before may take to end, in milliseconds. */
const PATIENCE = 3000;
export type Key = (typeof KEYS)[number];

/** What a reload finds again, in this browser's IndexedDB. One tab writes it, the one that came first. */
export class Store {
  private readonly database = createStore('paredown-page', 'kept');
  private owner = false;
  /** Writes follow one another. */
  private last: Promise<void> = Promise.resolve();

  constructor(private readonly tell: (state: StoreState) => void) {}

  /** What was kept, by key; nothing where another tab has it. The other tab's end makes this one the owner. */
  async open(): Promise<ReadonlyMap<Key, unknown>> {
    try {
      if (!(await this.claim())) return new Map();
      const values = await getMany<{ format?: unknown; value?: unknown } | undefined>([...KEYS], this.database);
      this.tell({ state: 'kept' });
      return new Map(
        KEYS.flatMap((key, index): [Key, unknown][] => {
          const kept = values[index];
          return kept === undefined ? [] : [[key, kept?.format === FORMAT ? kept.value : undefined]];
        }),
      );
    } catch (error) {
      this.owner = false;
      this.tell({ state: 'notKept', why: `This browser gives the page no storage (${error}); a reload begins anew.` });
      return new Map();
    }
  }

  /** Writes all of them or none. Resolves to whether it did. */
  async keep(entries: Partial<Record<Key, unknown>>): Promise<boolean> {
    return this.write(() =>
      setMany(
        Object.entries(entries).map(([key, value]) => [key, { format: FORMAT, value }]),
        this.database,
      ),
    );
  }

  async drop(...keys: readonly Key[]): Promise<void> {
    await this.write(() => delMany([...keys], this.database));
  }

  /** Says why something is not kept. */
  decline(why: string): void {
    this.tell({ state: 'notKept', why });
  }

  private async write(work: () => Promise<void>): Promise<boolean> {
    if (!this.owner) return false;
    const own = this.last.then(work);
    this.last = own.catch(() => undefined);
    try {
      await own;
      this.tell({ state: 'kept' });
      return true;
    } catch (error) {
      this.tell({
        state: 'notKept',
        why: `It could not be kept for a reload: ${error instanceof Error ? error.message : error}`,
      });
      return false;
    }
  }

  /** Whether no other tab has the store. A lock goes with its tab, however that ends; after a reload, shortly after. */
  private claim(): Promise<boolean> {
    const held = (then: () => void) => () => {
      this.owner = true;
      then();
      return new Promise<never>(() => undefined);
    };
    return new Promise((resolve) => {
      const { locks } = navigator;
      locks
        .request(
          LOCK,
          { signal: AbortSignal.timeout(PATIENCE) },
          held(() => resolve(true)),
        )
        .catch(() => {
          resolve(false);
          this.tell({
            state: 'notKept',
            why: 'The page is open in another tab, which keeps what it does for a reload; what you do in this one is not kept as long as the other is open.',
          });
          void locks.request(
            LOCK,
            held(() => this.tell({ state: 'kept' })),
          );
        });
    });
  }
}
