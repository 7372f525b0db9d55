import { join } from 'node:path';
import { type Budget, type DataError, readJson, type TrialRecord, writeFileAtomic } from 'paredown/node';
import { undefinedIfMissing } from '../common/files.ts';

/** Of a study that was given none. */
const DEFAULT: Budget = { minutes: 60 };
/** The time is written this often at most. */
const WRITE_MS = 5000;

/** What the budget.json of a study holds. */
interface Kept {
  readonly budget: Budget;
  /** How long was searched, the end included, over all runs. */
  readonly minutes: number;
}

/**
 * The budget of a study, the last that was typed, and how much of its time is spent. The time is kept in the study, since that of
 * its trials says too little: processes also wait, and their number may change from run to run.
 */
export class StudyBudget {
  private started = performance.now();
  private stopped: number | undefined;
  private written = Number.NEGATIVE_INFINITY;

  private constructor(
    private readonly path: string,
    readonly budget: Budget,
    private readonly minutesBefore: number,
    /** What it was until now, where that was more, or of another kind. */
    readonly replaces?: Budget,
  ) {}

  /** `typed` replaces the budget that is kept. Where the file is missing, the time is that of the trials, by so many at once. */
  static async open(folder: string, typed: Budget, records: readonly TrialRecord[], workers: number): Promise<StudyBudget> {
    const path = join(folder, 'budget.json');
    const kept = await read(path);
    const budget = Object.keys(typed).length > 0 ? typed : (kept?.budget ?? DEFAULT);
    const before = kept && isLess(budget, kept.budget) ? kept.budget : undefined;
    const study = new StudyBudget(path, budget, kept?.minutes ?? trialMinutes(records) / workers, before);
    await study.write();
    return study;
  }

  /** Minutes that were searched, the end included, over all runs. */
  get minutes(): number {
    return this.minutesBefore + ((this.stopped ?? performance.now()) - this.started) / 60_000;
  }

  /** The budget for `search`, with what is spent of its time. */
  get forRun(): Budget {
    return this.budget.minutes === undefined ? this.budget : { ...this.budget, spentMinutes: this.minutes };
  }

  /** Is called as a trial ends. */
  async ended(): Promise<void> {
    if (performance.now() - this.written > WRITE_MS) await this.write();
  }

  /** Search and confirmation are over: a look at the test set is no part of the budget. */
  stop(): void {
    this.stopped ??= performance.now();
  }

  /** After a pause, which is no part of the budget. */
  goOn(): void {
    if (this.stopped === undefined) return;
    this.started += performance.now() - this.stopped;
    this.stopped = undefined;
  }

  async write(): Promise<void> {
    this.written = performance.now();
    const { budget, minutes } = this;
    await writeFileAtomic(
      this.path,
      `${JSON.stringify({ format: 1, budget, minutes } satisfies Kept & { readonly format: 1 })}\n`,
    );
  }
}

function trialMinutes(records: readonly TrialRecord[]): number {
  return records.reduce((sum, { wallMs }) => sum + wallMs, 0) / 60_000;
}

const AMOUNTS = ['trials', 'samples', 'minutes'] as const;
const NAMES: readonly string[] = AMOUNTS;

/** Whether there is something that is bounded by less, or for the first time, or no longer. */
function isLess(budget: Budget, before: Budget): boolean {
  return AMOUNTS.some((name) => {
    const [now, then] = [budget[name], before[name]];
    return (now === undefined) !== (then === undefined) || (now ?? 0) < (then ?? 0);
  });
}

/** What is kept; undefined where there is none, or where it holds no budget: it is no more than a convenience. Throws a DataError for a file that may not be read. */
async function read(path: string): Promise<Kept | undefined> {
  const json = await readJson(path).catch((error: DataError & { readonly code?: string }) => {
    if (error.code !== undefined) return undefinedIfMissing(error);
    return undefined;
  });
  return isKept(json) ? { budget: json.budget, minutes: json.minutes } : undefined;
}

function isKept(json: unknown): json is Kept {
  if (typeof json !== 'object' || json === null) return false;
  const { format, budget, minutes } = json as Readonly<Record<string, unknown>>;
  if (format !== 1 || !isAmount(minutes) || typeof budget !== 'object' || budget === null) return false;
  const entries = Object.entries(budget);
  return entries.length > 0 && entries.every(([name, value]) => NAMES.includes(name) && isAmount(value));
}

function isAmount(value: unknown): boolean {
  return typeof value === 'number' && value >= 0;
}
