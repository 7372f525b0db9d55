import type { EvaluationEvent, ProgressEvent, ResultEvent, StartEvent } from '../events.ts';

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
  /** `next`: what a person may do with it. */
  result(event: ResultEvent, next?: string): void;
  close(): void;
}
