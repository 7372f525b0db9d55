import { atBestRate, bestOf, confirms, meanAccuracy, type Problem, type Trial, type TrialRecord } from 'paredown/node';
import { Bar } from '../common/bar.ts';
import { clock, duration, grouped, hangingIndent, percent, shortened } from '../common/format.ts';
import { trialLength } from '../common/trial-length.ts';
import type { StudyBudget } from './budget.ts';
import { sizeOf } from './size.ts';
import { TimeLeft } from './time-left.ts';
import { exactPercent } from './values.ts';

/** Characters of a line about a trial. */
const LONGEST = 100;
/** Where a terminal has fewer columns, the line is a shorter one. */
const WIDE = 110;

/** How a search is shown. */
export interface SearchDisplay {
  print(text: string): void;
  beganTrial(trial: Trial): void;
  /** `front`: how many networks it has. */
  endedTrial(record: TrialRecord, best: TrialRecord | undefined, front: number, phase: 'search' | 'finish'): void;
  close(): void;
}

/** Prints a line for each trial that says something, and in a terminal a bar below it; elsewhere a line for every trial. */
export class SearchProgress implements SearchDisplay {
  private readonly bar = process.stdout.isTTY ? new Bar() : undefined;
  private readonly running = new Set<string>();
  private readonly time: TimeLeft;
  private timer: ReturnType<typeof setInterval> | undefined;
  private best: TrialRecord | undefined;
  private front = 0;
  private phase: 'search' | 'finish' = 'search';

  constructor(
    private readonly problem: Problem,
    private readonly budget: StudyBudget,
    records: readonly TrialRecord[],
  ) {
    this.time = new TimeLeft(budget.budget, records, budget.minutes);
    this.best = bestOf(problem, records);
    if (this.bar) this.timer = setInterval(() => this.show(), 1000);
  }

  print(text: string): void {
    // Below a bar the terminal breaks no line.
    if (this.bar) this.bar.print(hangingIndent(text, process.stdout.columns, 6));
    else process.stdout.write(`${text}\n`);
  }

  beganTrial({ key, origin }: Trial): void {
    // What still ran as the search itself was over was ended, and tells nothing more.
    if (origin.strategy === 'finish' && this.phase === 'search') {
      this.running.clear();
      this.phase = 'finish';
    }
    this.running.add(key);
    this.show();
  }

  endedTrial(record: TrialRecord, best: TrialRecord | undefined, front: number, phase: 'search' | 'finish'): void {
    this.running.delete(record.key);
    this.time.ended(record, this.budget.minutes);
    this.best = best;
    this.front = front;
    this.phase = phase;
    const isBest = best?.key === record.key;
    if (!this.bar || isBest || record.seeds.length > 1 || record.outcome.status !== 'trained')
      this.print(this.line(record, isBest));
    this.show();
  }

  close(): void {
    clearInterval(this.timer);
    this.bar?.close();
  }

  /** One line, whatever was changed: the whole is in the study. */
  private line(record: TrialRecord, isBest: boolean): string {
    const { number, outcome, origin, wallMs } = record;
    const accuracy = meanAccuracy(record);
    const holds =
      isBest || this.confirmed(record) ? `  holds ${exactPercent(this.problem.floor)}${isBest ? ', best so far' : ''}` : '';
    const result =
      'reason' in outcome
        ? `${outcome.status} after ${duration(wallMs)}: ${outcome.reason}`
        : `${percent(accuracy ?? Number.NaN)}${holds}  ${trialLength(record)}, ${duration(wallMs)}; ${origin.change}`;
    const text = `${String(number + 1).padStart(4)}  ${sizeOf(this.problem, record).padEnd(17)} ${result}`;
    return shortened(text, Math.min(LONGEST, process.stdout.columns || LONGEST));
  }

  private confirmed(record: TrialRecord): boolean {
    return (atBestRate(record)?.accuracy.length ?? 0) > 1 && confirms(this.problem, record);
  }

  private show(): void {
    if (!this.bar) return;
    const ends = this.phase === 'finish';
    const { share, left } = this.time.at(this.budget.minutes, { ends });
    const wide = process.stdout.columns >= WIDE;
    const words = [
      `${grouped(this.time.trials)} ${wide ? 'trials done' : 'done'}, ${this.running.size} running`,
      this.best ? `best ${sizeOf(this.problem, this.best)}` : 'none holds the floor yet',
      ...(this.front > 0 ? [`front ${this.front}`] : []),
      ...(ends ? [wide ? 'confirming what was found' : 'confirming'] : []),
      ...(ends && Number.isNaN(left) ? [] : [`${clock(left)} left`]),
    ];
    const text = words.join(wide ? '   ' : '  ');
    this.bar.show(wide ? '{bar} {text}' : '{percentage}%  {text}', Math.round(1000 * share), 1000, { text });
  }
}
