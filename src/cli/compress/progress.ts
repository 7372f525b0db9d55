import { type Chain, type ChainRecord, chainSummary } from 'paredown/node';
import { Bar } from '../common/bar.ts';
import { clock, duration, grouped, percent } from '../common/format.ts';
import { printJson } from '../common/json-line.ts';
import { say } from '../common/say.ts';

/** How a compression is shown. */
export interface CompressDisplay {
  print(text: string): void;
  began(words: string, seeds: number, leftMs: number): void;
  ended(record: ChainRecord, smallest: ChainRecord | undefined): void;
  close(): void;
}

/** A line for each trial, and in a terminal a bar below it. */
export class CompressProgress implements CompressDisplay {
  private readonly bar = process.stdout.isTTY ? new Bar() : undefined;
  private readonly timer: ReturnType<typeof setInterval> | undefined;
  private running = '';
  private smallest: ChainRecord | undefined;
  /** Milliseconds that were left, and when. */
  private left = { ms: Number.NaN, at: 0 };

  constructor(
    private readonly floor: number,
    private readonly minutes: number | undefined,
  ) {
    if (this.bar) this.timer = setInterval(() => this.show(), 1000);
  }

  print(text: string): void {
    if (this.bar) this.bar.print(text);
    else say(text);
  }

  began(words: string, seeds: number, leftMs: number): void {
    this.running = `${words}${seeds > 1 ? ` from ${seeds} seeds` : ''}`;
    this.left = { ms: leftMs, at: performance.now() };
    this.show();
  }

  ended(record: ChainRecord, smallest: ChainRecord | undefined): void {
    this.smallest = smallest;
    this.print(trialLine(record, this.floor));
    this.show();
  }

  close(): void {
    clearInterval(this.timer);
    this.bar?.close();
  }

  private show(): void {
    if (!this.bar) return;
    const left = Math.max(0, this.left.ms - (performance.now() - this.left.at));
    const whole = 60_000 * (this.minutes ?? Number.NaN);
    const bytes = this.smallest && chainSummary(this.smallest, this.floor).bytes;
    const words = [
      this.running,
      bytes === undefined ? 'none holds the floor yet' : `smallest ${grouped(Math.round(bytes))} B`,
      ...(Number.isFinite(left) ? [`${clock(left)} left`] : []),
    ];
    const share = Number.isFinite(whole) ? 1 - left / whole : 0;
    const format = this.minutes === undefined ? '{text}' : '{percentage}%  {text}';
    this.bar.show(format, Math.round(1000 * Math.min(1, Math.max(0, share))), 1000, { text: words.join('  ') });
  }
}

/** A line of JSON for each trial, for programs. */
export class CompressJson implements CompressDisplay {
  constructor(private readonly floor: number) {}

  print(text: string): void {
    printJson({ type: 'note', text });
  }

  began(chain: string, seeds: number, leftMs: number): void {
    printJson({ type: 'began', chain, seeds, ...(Number.isFinite(leftMs) && { leftMs: Math.round(leftMs) }) });
  }

  ended(record: ChainRecord, smallest: ChainRecord | undefined): void {
    printJson({ type: 'trial', ...record, summary: chainSummary(record, this.floor), smallest: smallest?.key });
  }

  close(): void {}
}

/** `  1,204 B  98.31%  80% pruned, 4 bits; 12 s`. */
function trialLine(record: ChainRecord, floor: number): string {
  const { words, bytes, accuracy, bound, holds } = chainSummary(record, floor);
  const { outcome, seeds, wallMs } = record;
  if (bytes === undefined || accuracy === undefined)
    return `${words}: ${outcome.status}${'reason' in outcome ? `, ${outcome.reason}` : ''}`;
  const judged = bound === undefined ? '' : ` (bound ${percent(bound)})`;
  const from = seeds.length > 1 ? `, ${seeds.length} seeds` : '';
  const verdict = seeds.length === 1 ? '' : holds ? '  holds the floor' : '  does not hold the floor';
  return `${grouped(Math.round(bytes)).padStart(9)} B  ${percent(accuracy)}${judged}${verdict}  ${words}${from}, ${duration(wallMs)}`;
}

/** What a chain that is begun is called. */
export function wordsOf(chain: Chain): string {
  return chainSummary({ key: '', chain, seeds: [], outcome: { status: 'refused', reason: '' }, wallMs: 0 }, 0).words;
}
