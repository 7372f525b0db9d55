import type { Trial, TrialRecord } from 'paredown/node';
import { printJson } from '../common/json-line.ts';
import type { SearchDisplay } from './progress.ts';

/** A line of JSON for each trial, for programs. */
export class JsonProgress implements SearchDisplay {
  print(text: string): void {
    printJson({ type: 'note', text });
  }

  beganTrial({ key }: Trial): void {
    printJson({ type: 'began', key });
  }

  endedTrial(record: TrialRecord, best: TrialRecord | undefined, front: number, phase: 'search' | 'finish'): void {
    printJson({ type: 'trial', ...record, phase, best: best?.key, front });
  }

  close(): void {}
}
