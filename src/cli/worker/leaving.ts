import { INTERRUPTED, SAME_MS } from '../common/interrupt.ts';

/**
 * Ctrl-C lets a worker end its trials, a second one gives them back, a third ends it at once. SIGTERM, as of a machine that goes away,
 * gives them back.
 */
export class Leaving {
  private readonly finishing = new AbortController();
  private readonly giving = new AbortController();
  private last = Number.NEGATIVE_INFINITY;

  constructor() {
    process.on('SIGINT', this.interrupt).on('SIGTERM', this.give);
    // Who reads our output is gone.
    process.stdout.on('error', this.give);
  }

  /** No more trials are to be taken. */
  get finish(): AbortSignal {
    return this.finishing.signal;
  }

  /** Those that run are to be given back. */
  get signal(): AbortSignal {
    return this.giving.signal;
  }

  close(): void {
    process.off('SIGINT', this.interrupt).off('SIGTERM', this.give);
  }

  private readonly interrupt = () => {
    const now = performance.now();
    // The same Ctrl-C, delivered twice: by the terminal and by a parent such as npm.
    if (now - this.last < SAME_MS) return;
    this.last = now;
    if (this.giving.signal.aborted) process.exit(INTERRUPTED);
    if (this.finishing.signal.aborted) return this.give();
    process.stderr.write('Ends its trials, and takes no more (Ctrl-C once more gives them back) ...\n');
    this.finishing.abort();
  };

  private readonly give = () => {
    if (!this.giving.signal.aborted) process.stderr.write('Gives its trials back ...\n');
    this.giving.abort();
  };
}
