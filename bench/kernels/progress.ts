import type { Measured } from './list.ts';

/** One line about what is under way and how long it may take, in a terminal alone. */
export class ProgressLine {
  private readonly start = performance.now();
  private done = 0;
  private readonly whole: number;

  constructor(
    private readonly measured: readonly Measured[],
    private readonly stream: NodeJS.WriteStream = process.stderr,
  ) {
    this.whole = measured.reduce((sum, one) => sum + effortOf(one), 0);
  }

  /** Says what comes next. */
  begin(index: number): void {
    const next = this.measured[index];
    if (!this.stream.isTTY || !next) return;
    const elapsed = performance.now() - this.start;
    const left = index < 3 ? '' : `, about ${duration((elapsed / this.done) * (this.whole - this.done))} left`;
    const text = `${index + 1} of ${this.measured.length}${left}: ${next.family} ${next.case.shape}`;
    this.stream.write(`\r\x1b[2K${text.slice(0, (this.stream.columns || 80) - 1)}`);
  }

  finished(index: number): void {
    const last = this.measured[index];
    if (last) this.done += effortOf(last);
  }

  /** Makes room for a line of the table. */
  clear(): void {
    if (this.stream.isTTY) this.stream.write('\r\x1b[2K');
  }
}

/** Seconds, roughly: variants to compile and time, and a reference that does half a billion operations a second. */
function effortOf({ variants, case: { operations } }: Measured): number {
  return 0.7 * variants.length + operations / 5e8;
}

function duration(milliseconds: number): string {
  const seconds = Math.max(1, Math.round(milliseconds / 1000));
  return seconds < 100 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
}
