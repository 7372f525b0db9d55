/** Ends work by a signal, at a time or as another signal says. */
export class TimeLimit implements Disposable {
  private readonly controller = new AbortController();
  private readonly timer: ReturnType<typeof setTimeout> | undefined;
  private readonly abort = () => this.controller.abort(this.other?.reason);
  /** Whether the time ended it. */
  isOver = false;

  /** Without a number there is no limit. */
  constructor(
    ms: number | undefined,
    private readonly other: AbortSignal | undefined,
  ) {
    if (other?.aborted) this.abort();
    other?.addEventListener('abort', this.abort);
    if (ms === undefined) return;
    const end = () => {
      this.isOver = !this.controller.signal.aborted;
      this.controller.abort();
    };
    // A timer of more than 2 ** 31 ms would end at once.
    this.timer = setTimeout(end, Math.min(ms, 2 ** 31 - 1));
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  [Symbol.dispose](): void {
    clearTimeout(this.timer);
    this.other?.removeEventListener('abort', this.abort);
  }
}
