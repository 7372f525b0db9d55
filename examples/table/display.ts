import { Bar } from '../../src/cli/common/bar.ts';
import { clock, duration } from '../../src/cli/common/format.ts';

/** What a person sees of a table that runs: lines, and one progress bar over all of its rows. */
export interface TableDisplay {
  print(text: string): void;
  /** A row of this name begins. */
  begin(row: string): void;
  /** `done` and `cost`: of all rows, in their unit; a cost of 0 is not known, and no share is shown. */
  progress(done: number, cost: number, text: string): void;
  close(): void;
}

export function openTableDisplay(): TableDisplay {
  return process.stdout.isTTY ? new TerminalDisplay() : new PlainDisplay();
}

/** Time left, from the work that was done since the first report. */
class Pace {
  private first: { readonly done: number; readonly at: number } | undefined;

  left(done: number, cost: number): number {
    this.first ??= { done, at: performance.now() };
    return ((cost - done) / (done - this.first.done)) * (performance.now() - this.first.at);
  }
}

class TerminalDisplay implements TableDisplay {
  private readonly bar = new Bar();
  private shown = { value: 0 as number | undefined, left: '-:--', text: '' };
  private readonly pace = new Pace();

  print(text: string): void {
    this.bar.print(text);
  }

  begin(row: string): void {
    this.shown.text = row;
    this.show();
  }

  progress(done: number, cost: number, text: string): void {
    const value = cost > 0 ? Math.round((1000 * done) / cost) : undefined;
    this.shown = { value, left: clock(this.pace.left(done, cost)), text };
    this.show();
  }

  private show(): void {
    const { value, ...payload } = this.shown;
    if (value === undefined) this.bar.show(' {text}', 0, 1000, payload);
    else this.bar.show(' {bar} {percentage}%  {left} left  {text}', value, 1000, payload);
  }

  close(): void {
    this.bar.close();
  }
}

const EVERY_MS = 5000;

/** For a file or a pipe: a line every few seconds. */
class PlainDisplay implements TableDisplay {
  private readonly pace = new Pace();
  private shown = -Infinity;

  print(text: string): void {
    process.stdout.write(`${text}\n`);
  }

  begin(): void {}

  progress(done: number, cost: number, text: string): void {
    const now = performance.now();
    const left = this.pace.left(done, cost);
    if (now - this.shown < EVERY_MS) return;
    this.shown = now;
    const share = cost > 0 ? `${((100 * done) / cost).toFixed(1)}%` : '';
    const time = share && Number.isFinite(left) ? `, ${duration(left)} left` : '';
    this.print(`  ${share}${time}${share ? ': ' : ''}${text}`);
  }

  close(): void {}
}
