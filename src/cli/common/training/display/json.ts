import { printJson } from '../../json-line.ts';
import type { EvaluationEvent, ProgressEvent, ResultEvent, StartEvent } from '../events.ts';
import type { Display, DownloadProgress } from './display.ts';

/** One JSON object a line on stdout, for programs; numbers that are not finite as "NaN", "Infinity" and "-Infinity". */
export class JsonDisplay implements Display {
  private downloadShown = 0;

  note(text: string): void {
    printJson({ type: 'note', text });
  }

  warn(text: string): void {
    printJson({ type: 'warning', text });
  }

  download(progress: DownloadProgress): void {
    const now = performance.now();
    if (now - this.downloadShown < 1000 && progress.bytes < progress.total) return;
    this.downloadShown = now;
    printJson({ type: 'download', ...progress });
  }

  start(event: StartEvent): void {
    printJson(event);
  }

  progress(event: ProgressEvent): void {
    printJson(event);
  }

  evaluation(event: EvaluationEvent): void {
    printJson(event);
  }

  result(event: ResultEvent): void {
    printJson(event);
  }

  close(): void {}
}
