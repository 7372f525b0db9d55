import { toJson } from 'paredown/node';
import type { EvaluationEvent, ProgressEvent, ResultEvent, StartEvent } from '../events.ts';
import type { Display, DownloadProgress } from './display.ts';

/** One JSON object a line on stdout, for programs; numbers that are not finite as "NaN", "Infinity" and "-Infinity". */
export class JsonDisplay implements Display {
  private downloadShown = 0;

  note(text: string): void {
    print({ type: 'note', text });
  }

  warn(text: string): void {
    print({ type: 'warning', text });
  }

  download(progress: DownloadProgress): void {
    const now = performance.now();
    if (now - this.downloadShown < 1000 && progress.bytes < progress.total) return;
    this.downloadShown = now;
    print({ type: 'download', ...progress });
  }

  start(event: StartEvent): void {
    print(event);
  }

  progress(event: ProgressEvent): void {
    print(event);
  }

  evaluation(event: EvaluationEvent): void {
    print(event);
  }

  result(event: ResultEvent): void {
    print(event);
  }

  close(): void {}
}

function print(line: object): void {
  process.stdout.write(`${toJson(line)}\n`);
}
