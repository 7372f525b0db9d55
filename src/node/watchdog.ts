/** What a process may take, in seconds. */
export interface TimeLimits {
  /** Without a sign that it goes on. */
  readonly silence: number;
  /** From the beginning to the end. */
  readonly total: number;
}

/**
 * Says once, and why, that what it watches exceeds a limit. It counts its own ticks, not the clock: time in which this process was
 * stopped, as by Ctrl-Z or by a machine that slept, is nobody's silence.
 */
export class Watchdog {
  private silent = 0;
  private total = 0;
  private readonly ticks: NodeJS.Timeout;

  constructor(limits: TimeLimits, onExceeded: (limit: keyof TimeLimits) => void) {
    const tick = Math.min(1, limits.silence / 10, limits.total / 10);
    this.ticks = setInterval(() => {
      this.silent += tick;
      this.total += tick;
      const exceeded = this.silent >= limits.silence ? 'silence' : 'total';
      if (exceeded === 'total' && this.total < limits.total) return;
      this.stop();
      onExceeded(exceeded);
    }, 1000 * tick);
  }

  /** A sign that it goes on. */
  sign(): void {
    this.silent = 0;
  }

  stop(): void {
    clearInterval(this.ticks);
  }
}
