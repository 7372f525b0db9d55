import {
  atBestRate,
  type Budget,
  type CostName,
  confirms,
  meanAccuracy,
  type Problem,
  samplesOf,
  scoreOf,
  type Trial,
  type TrialRecord,
} from 'paredown/node';
import { Bar } from '../common/bar.ts';
import { clock, duration, grouped, percent } from '../common/format.ts';

/** Prints a line for each trial that says something, and in a terminal a bar below it; elsewhere a line for every trial. */
export class SearchProgress {
  private readonly bar = process.stdout.isTTY ? new Bar() : undefined;
  private readonly begun = new Map<string, number>();
  private readonly ended: TrialRecord[];
  private readonly start = performance.now();
  private timer: ReturnType<typeof setInterval> | undefined;
  private best: TrialRecord | undefined;
  private front = 0;
  private phase: 'search' | 'finish' = 'search';

  constructor(
    private readonly problem: Problem,
    private readonly budget: Budget,
    private readonly workers: number,
    records: readonly TrialRecord[],
  ) {
    this.ended = [...records];
    if (this.bar) this.timer = setInterval(() => this.show(), 1000);
  }

  print(text: string): void {
    if (this.bar) this.bar.print(text);
    else process.stdout.write(`${text}\n`);
  }

  beganTrial({ key }: Trial): void {
    this.begun.set(key, performance.now());
    this.show();
  }

  endedTrial(record: TrialRecord, best: TrialRecord | undefined, front: number, phase: 'search' | 'finish'): void {
    this.begun.delete(record.key);
    this.ended.push(record);
    const isBest = best !== undefined && best.key !== this.best?.key;
    this.best = best;
    this.front = front;
    this.phase = phase;
    if (!this.bar || isBest || record.seeds.length > 1 || record.outcome.status !== 'trained')
      this.print(this.line(record, isBest));
    this.show();
  }

  close(): void {
    clearInterval(this.timer);
    this.bar?.close();
  }

  private line(record: TrialRecord, isBest: boolean): string {
    const { number, seeds, samples, outcome, origin, wallMs } = record;
    const accuracy = meanAccuracy(record);
    const length = `${seeds.length > 1 ? `${seeds.length} x ` : ''}${grouped(samples)} samples`;
    const result = accuracy === undefined ? `${outcome.status}: ${'reason' in outcome ? outcome.reason : ''}` : percent(accuracy);
    const verdict = isBest ? '  <- the smallest that holds the floor' : this.confirmed(record) ? '  holds the floor' : '';
    return `${String(number + 1).padStart(4)}  ${sizeOf(this.problem, record).padEnd(18)} ${result}${verdict}  (${length}, ${duration(wallMs)}; ${origin.change})`;
  }

  private confirmed(record: TrialRecord): boolean {
    return (atBestRate(record)?.accuracy.length ?? 0) > 1 && confirms(this.problem, record);
  }

  private show(): void {
    if (!this.bar) return;
    const { done, left } = this.share();
    const best = this.best ? sizeOf(this.problem, this.best) : 'none holds it yet';
    const payload = {
      trials: `${this.ended.length} trials done, ${this.begun.size} running`,
      best: `best: ${best}`,
      front: `front: ${this.front}`,
      left: this.phase === 'finish' ? 'the front, from all seeds' : `${clock(left)} left`,
    };
    this.bar.show('{bar} {trials}  {best}  {front}  {left}', Math.round(1000 * done), 1000, payload);
  }

  /** How much of the budget is spent, and an estimate of the milliseconds left; without a budget neither is known. */
  private share(): { readonly done: number; readonly left: number } {
    const { minutes, trials, samples } = this.budget;
    const spent = this.ended.reduce((sum, { wallMs }) => sum + wallMs, 0) / this.workers;
    const now = Math.max(spent, performance.now() - this.start);
    const shares = [
      minutes === undefined ? 0 : now / (60_000 * minutes),
      trials === undefined ? 0 : this.ended.length / trials,
      samples === undefined ? 0 : samplesOf(this.ended) / samples,
    ];
    const done = Math.min(1, Math.max(...shares));
    return { done, left: done === 0 ? Number.NaN : (now / done) * (1 - done) };
  }
}

/** `412 parameters`; of a mix, its value. */
export function sizeOf({ objective }: Problem, { costs }: Pick<TrialRecord, 'costs'>): string {
  const names = Object.entries(objective.weights).flatMap(([name, weight]) => (weight > 0 ? [name as CostName] : []));
  const [name] = names;
  const value = scoreOf(objective, costs);
  const text = Number.isInteger(value) ? grouped(value) : value.toPrecision(4);
  return names.length === 1 && name ? `${text} ${UNITS[name]}` : `${text} (${names.join(' + ')})`;
}

const UNITS: Readonly<Record<CostName, string>> = {
  parameters: 'parameters',
  macs: 'MACs',
  activations: 'B activations',
  bytes: 'B weights',
  latency: 'ms latency',
};
