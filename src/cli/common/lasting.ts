const EVERY_MS = 60_000;

/** Tells of what lasts: as it begins, and then each minute, until it ends. */
export class Lasting {
  private since = 0;
  private timer: ReturnType<typeof setInterval> | undefined;

  constructor(private readonly print: (text: string) => void) {}

  get lasts(): boolean {
    return this.timer !== undefined;
  }

  /** `still` makes a line of the milliseconds that it has lasted. */
  begin(first: string, still: (milliseconds: number) => string): void {
    if (this.lasts) return;
    this.since = performance.now();
    this.print(first);
    this.timer = setInterval(() => this.print(still(performance.now() - this.since)), EVERY_MS);
    // It keeps no program running.
    this.timer.unref();
  }

  end(): void {
    clearInterval(this.timer);
    this.timer = undefined;
  }
}
