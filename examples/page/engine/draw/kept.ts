import type { Gpu } from 'paredown';
import type { Session, Subject } from '../session.ts';

interface Made<T> {
  readonly gpu: Gpu;
  readonly subject: Subject;
  readonly value: Promise<T>;
  readonly users: Set<Promise<unknown>>;
}

/** What is made of the network on the device, and kept until either is another. */
export class Kept<T extends { destroy(): Promise<void> }> {
  private made: Made<T> | undefined;

  constructor(
    private readonly session: Session,
    private readonly make: (gpu: Gpu, subject: Subject) => Promise<T>,
  ) {}

  /** Lets `work` have it; what it replaces is freed when its last user is done. */
  async use<R>(work: (value: T, subject: Subject) => Promise<R>): Promise<R> {
    const made = this.current(await this.session.gpu());
    const done = made.value.then((value) => work(value, made.subject));
    made.users.add(done);
    try {
      return await done;
    } catch (error) {
      // What could not be made, or lies on a lost device, is made anew.
      if (this.made === made) this.drop();
      throw error;
    } finally {
      made.users.delete(done);
    }
  }

  private current(gpu: Gpu): Made<T> {
    const { subject } = this.session;
    if (!subject) throw new Error('There is no network yet: train one, or load a file.');
    if (this.made?.gpu === gpu && this.made.subject === subject) return this.made;
    this.drop();
    this.made = { gpu, subject, value: this.make(gpu, subject), users: new Set() };
    return this.made;
  }

  private drop(): void {
    const { made } = this;
    this.made = undefined;
    if (!made) return;
    const free = async () => {
      await Promise.allSettled(made.users);
      await (await made.value).destroy();
    };
    // Where it was never made, or its device is lost, there is nothing to free.
    free().catch(() => undefined);
  }
}
