/** Work that needs the trainer for itself: what asks for it while a training runs gets it when that next tells where it stands. */
export class Pauses {
  private readonly waiting: (() => Promise<void>)[] = [];
  private running = false;
  private atWork: Promise<unknown> = Promise.resolve();

  /** Whether a training shall break off, to go on when the work is done. */
  get areAsked(): boolean {
    return this.waiting.length > 0;
  }

  /** Does the work at once where nothing is trained; a training that begins waits for it. */
  do<T>(work: () => Promise<T>): Promise<T> {
    if (!this.running) {
      const done = work();
      this.atWork = done.catch(() => undefined);
      return done;
    }
    return new Promise((resolve, reject) => {
      this.waiting.push(() => work().then(resolve, reject));
    });
  }

  /** Trains until it has ended or was stopped, with as many pauses as are asked for. */
  async during<T>(run: () => Promise<T | 'paused'>): Promise<T> {
    this.running = true;
    try {
      await this.atWork;
      for (;;) {
        const outcome = await run();
        if (outcome !== 'paused') return outcome as T;
        await this.doWaiting();
      }
    } finally {
      this.running = false;
      await this.doWaiting();
    }
  }

  private async doWaiting(): Promise<void> {
    for (let work = this.waiting.shift(); work; work = this.waiting.shift()) await work();
  }
}
