import { type Budget, samplesOf, searched, type TrialRecord } from 'paredown/node';

/** How much of a budget is spent, and an estimate of the time left, from the pace of this run, or at first of those before. */
export class TimeLeft {
  private readonly records: TrialRecord[];
  private readonly before: { readonly trials: number; readonly samples: number; readonly minutes: number };
  /** When the last trial ended, in minutes that were searched. */
  private lastEnd: number;

  /** `minutes`: that were searched before, for these trials; those that ended an earlier search are not counted. */
  constructor(
    private readonly budget: Budget,
    records: readonly TrialRecord[],
    minutes: number,
  ) {
    this.records = searched(records);
    this.before = { trials: this.records.length, samples: samplesOf(this.records), minutes };
    this.lastEnd = minutes;
  }

  get trials(): number {
    return this.records.length;
  }

  /** A trial ended when so many minutes were searched. */
  ended(record: TrialRecord, minutes: number): void {
    this.records.push(...searched([record]));
    this.lastEnd = minutes;
  }

  /**
   * `minutes`: that were searched until now. The milliseconds left are NaN where nothing tells. `ends`: the front is trained from all
   * seeds, which only a budget of time bounds.
   */
  at(minutes: number, { ends = false } = {}): { readonly share: number; readonly left: number } {
    const { minutes: whole, ...rest } = this.budget;
    const budget: Budget = { ...(ends ? {} : rest), ...(whole !== undefined && { minutes: whole }) };
    const counted = [
      ...(budget.minutes === undefined ? [] : [{ share: minutes / budget.minutes, left: budget.minutes - minutes }]),
      ...(budget.trials === undefined ? [] : [this.counted(budget.trials, this.records.length, this.before.trials, minutes)]),
      ...(budget.samples === undefined
        ? []
        : [this.counted(budget.samples, samplesOf(this.records), this.before.samples, minutes)]),
    ];
    if (ends && counted.length === 0) return { share: 1, left: Number.NaN };
    const known = counted.map(({ left }) => left).filter((left) => !Number.isNaN(left));
    const left = known.length === 0 ? Number.NaN : Math.max(0, Math.min(...known));
    return { share: Math.min(1, Math.max(0, ...counted.map(({ share }) => share))), left: 60_000 * left };
  }

  /** Of a budget that is spent as trials end. */
  private counted(whole: number, done: number, before: number, minutes: number): { share: number; left: number } {
    const pace = done > before ? (this.lastEnd - this.before.minutes) / (done - before) : this.before.minutes / before;
    return { share: done / whole, left: Math.max(0, pace * (whole - done) - (minutes - this.lastEnd)) };
  }
}
