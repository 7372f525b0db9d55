import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { StudyReport } from '../../report/study/report.ts';
import type { Conclusion } from '../../search/conclusion.ts';
import type { TrialRecord } from '../../search/trial.ts';
import type { StudySettings } from '../../search/written/settings.ts';
import { trialIn } from '../../search/written/trials.ts';
import { readConclusions } from '../conclusions-file.ts';
import { studyReport } from '../study-report.ts';
import { readStudySettings } from '../study-settings.ts';
import { AppendedLines } from './appended-lines.ts';
import { stampOf } from './stamp.ts';

/** So long lines are read before others have their turn. */
const TURN_MILLISECONDS = 20;

/** A study in a folder, read as it grows. */
export class StudySource {
  /** Rises as what is shown of the study changes. */
  revision = 0;
  private settings: StudySettings | undefined;
  private settingsStamp: string | undefined;
  private readonly lines: AppendedLines;
  private line = 0;
  private records: TrialRecord[] = [];
  private left: string[] = [];
  private conclusions: readonly Conclusion[] = [];
  private conclusionsStamp: string | undefined;
  private conclusionsProblem: string | undefined;
  private made: { readonly revision: number; readonly report: StudyReport } | undefined;

  constructor(private readonly folder: string) {
    this.lines = new AppendedLines(join(folder, 'trials.jsonl'));
  }

  /** Throws a DataError where the study's settings can't be read. */
  async refresh(): Promise<void> {
    const stamp = await stampOf(join(this.folder, 'study.json'));
    if (stamp !== this.settingsStamp || !this.settings) {
      this.settingsStamp = stamp;
      this.settings = await readStudySettings(this.folder);
      this.records = [];
      this.lines.forget();
      this.revision++;
    }
    if (!this.settings) return;
    await this.readTrials(this.settings);
    await this.readConclusions();
  }

  /** Undefined before it was read. */
  get report(): StudyReport | undefined {
    const { settings, records, conclusions, revision } = this;
    if (!settings) return undefined;
    if (this.made?.revision !== revision) this.made = { revision, report: studyReport(settings, { records, conclusions }) };
    return this.made.report;
  }

  /** Undefined before it was read. */
  get study(): { readonly settings: StudySettings; readonly records: readonly TrialRecord[] } | undefined {
    const { settings, records } = this;
    return settings && { settings, records };
  }

  /** Whether the search has come to its end: the test set was looked at. */
  get isOver(): boolean {
    return this.conclusions.length > 0;
  }

  /** What was found and left out, a line each. */
  problems(isLive: boolean): string[] {
    const cut = !isLive && this.lines.rest > 0 ? ['trials.jsonl: its last line is cut off; that trial had not ended'] : [];
    return [...this.left, ...cut, ...(this.conclusionsProblem === undefined ? [] : [this.conclusionsProblem])];
  }

  private async readTrials({ context }: StudySettings): Promise<void> {
    const { lines, anew } = await this.lines.read();
    if (anew) {
      this.records = [];
      this.left = [];
      this.line = 0;
    }
    if (lines.length === 0 && !anew) return;
    const records = [...this.records];
    let since = performance.now();
    for (const text of lines) {
      this.line++;
      if (text.trim() !== '') {
        const read = trialIn(text, context, records);
        if (typeof read === 'string') this.left.push(`trials.jsonl, line ${this.line}: ${read}`);
        else records.push(read);
      }
      if (performance.now() - since < TURN_MILLISECONDS) continue;
      await setImmediate();
      since = performance.now();
    }
    this.records = records;
    this.revision++;
  }

  private async readConclusions(): Promise<void> {
    const stamp = await stampOf(join(this.folder, 'conclusions.json'));
    if (stamp === this.conclusionsStamp) return;
    this.conclusionsStamp = stamp;
    this.revision++;
    try {
      this.conclusions = await readConclusions(this.folder);
      this.conclusionsProblem = undefined;
    } catch (error) {
      this.conclusionsProblem = error instanceof Error ? error.message : String(error);
    }
  }
}
