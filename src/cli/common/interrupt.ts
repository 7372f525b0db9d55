/** A second signal this soon is the same Ctrl-C, delivered twice: by the terminal and by a parent such as npm or tsx. */
export const SAME_MS = 500;

export const INTERRUPTED = 130;

/** Whether an AbortSignal is behind an error. */
export function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError';
}

/** Turns the first Ctrl-C into `signal`; the second ends the process. */
export class Interrupt {
  private readonly controller = new AbortController();
  private first: number | undefined;

  /** `announce` is called at the first Ctrl-C, `leave` just before the second one ends the process. */
  constructor(
    private readonly announce: () => void,
    private readonly leave: () => void,
  ) {
    process.on('SIGINT', this.handle).on('SIGTERM', this.handle);
    // Who reads our output is gone (`| head`): there is nobody left to train for.
    process.stdout.on('error', this.stop);
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  close(): void {
    process.off('SIGINT', this.handle).off('SIGTERM', this.handle);
  }

  private readonly handle = () => {
    const now = performance.now();
    if (this.first === undefined) {
      this.first = now;
      this.announce();
      this.stop();
    } else if (now - this.first > SAME_MS) {
      this.leave();
      process.exit(INTERRUPTED);
    }
  };

  /** As the first Ctrl-C, but without a word. */
  readonly stop = () => this.controller.abort();
}
