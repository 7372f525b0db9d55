import type { EvaluationEvent, ProgressEvent, ResultEvent, StartEvent } from '../events.ts';
import { JsonDisplay } from './json.ts';
import { PlainDisplay } from './plain.ts';
import { TerminalDisplay } from './terminal.ts';

export interface DownloadProgress {
  readonly file: string;
  readonly bytes: number;
  readonly total: number;
}

/** How a run is shown. Whatever ends it, `close` leaves the terminal as it was. */
export interface Display {
  note(text: string): void;
  /** What must not be overlooked. */
  warn(text: string): void;
  download(progress: DownloadProgress): void;
  /** `table`: the layers, as text. */
  start(event: StartEvent, table: string): void;
  progress(event: ProgressEvent): void;
  evaluation(event: EvaluationEvent): void;
  result(event: ResultEvent): void;
  close(): void;
}

/** JSON lines if asked for, a bar in a terminal, else a plain line every few seconds. */
export function openDisplay(json: boolean): Display {
  if (json) return new JsonDisplay();
  return process.stdout.isTTY && process.env.TERM !== 'dumb' ? new TerminalDisplay() : new PlainDisplay();
}
