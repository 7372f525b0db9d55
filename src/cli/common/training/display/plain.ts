import { duration, grouped, percent, stepTime } from '../../format.ts';
import type { EvaluationEvent, ProgressEvent, ResultEvent, StartEvent } from '../events.ts';
import type { Display, DownloadProgress } from './display.ts';
import { evaluationLine, resultText, startText } from './text.ts';

const EVERY_MS = 5000;

/** Text for a file or a pipe: a line every few seconds, no colours, no cursor movements. */
export class PlainDisplay implements Display {
  private shown = -Infinity;

  note(text: string): void {
    print(text);
  }

  warn(text: string): void {
    print(`WARNING: ${text}`);
  }

  download({ file, bytes, total }: DownloadProgress): void {
    if (this.due() || bytes === total) print(`Downloading ${file}: ${grouped(bytes)} of ${grouped(total)} bytes`);
  }

  start(event: StartEvent, table: string): void {
    print(startText(event, table));
  }

  progress({ step, steps, loss, accuracy, stepMs, etaMs, skipped }: ProgressEvent): void {
    if (!this.due() && step < steps) return;
    const shares = [
      `step ${grouped(step)} of ${grouped(steps)}`,
      `loss ${loss.toFixed(4)}`,
      ...(accuracy === undefined ? [] : [`accuracy ${percent(accuracy)}`]),
      ...(skipped ? [`${grouped(skipped)} skipped`] : []),
      `${stepTime(stepMs)} ms a step`,
      `${duration(etaMs)} left`,
    ];
    print(shares.join(', '));
  }

  evaluation(event: EvaluationEvent): void {
    print(evaluationLine(event));
  }

  result(event: ResultEvent, next?: string): void {
    print(resultText(event));
    if (event.warning) this.warn(event.warning);
    if (next) print(next);
  }

  close(): void {}

  private due(): boolean {
    const now = performance.now();
    if (now - this.shown < EVERY_MS) return false;
    this.shown = now;
    return true;
  }
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
