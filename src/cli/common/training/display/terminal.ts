import { Bar } from '../../bar.ts';
import { clock, grouped, percent, stepTime } from '../../format.ts';
import type { EvaluationEvent, ProgressEvent, ResultEvent, StartEvent } from '../events.ts';
import type { Display, DownloadProgress } from './display.ts';
import { type Emphasis, evaluationLine, resultText, startText } from './text.ts';

const TRAINING = ' {bar} {percentage}%  {position}  loss {loss}{accuracy}  {stepMs} ms/step  {left} left';
/** Where a terminal has fewer columns than that takes. */
const NARROW = ' {percentage}%  {position}  loss {loss}{accuracy}  {left} left';
const WIDE = 100;
const DOWNLOAD = ' {bar} {percentage}%  {file}  {megabytes} MB';

/** A bar that stays below what is printed, and colours where the terminal has them (NO_COLOR is honoured). */
export class TerminalDisplay implements Display {
  private readonly bar = new Bar();

  note(text: string): void {
    this.bar.print(faint(text));
  }

  warn(text: string): void {
    this.bar.print(warning(text));
  }

  download({ file, bytes, total }: DownloadProgress): void {
    const megabytes = `${(bytes / 1e6).toFixed(1)} of ${(total / 1e6).toFixed(1)}`;
    this.bar.show(DOWNLOAD, bytes, total, { file, megabytes });
  }

  start(event: StartEvent, table: string): void {
    this.close();
    this.bar.print(startText(event, table, strong));
    const accuracy = '';
    const position = `${grouped(event.step)}/${grouped(event.options.steps)}`;
    this.bar.show(process.stdout.columns >= WIDE ? TRAINING : NARROW, event.step, event.options.steps, {
      position,
      loss: '-',
      accuracy,
      stepMs: '-',
      left: '-:--',
    });
  }

  progress({ step, steps, loss, accuracy, stepMs, etaMs }: ProgressEvent): void {
    this.bar.show(process.stdout.columns >= WIDE ? TRAINING : NARROW, step, steps, {
      position: `${grouped(step)}/${grouped(steps)}`,
      loss: loss.toFixed(4),
      accuracy: accuracy === undefined ? '' : `  accuracy ${percent(accuracy)}`,
      stepMs: stepTime(stepMs),
      left: clock(etaMs),
    });
  }

  evaluation(event: EvaluationEvent): void {
    this.bar.print(evaluationLine(event));
  }

  result(event: ResultEvent, next?: string): void {
    this.close();
    this.bar.print(resultText(event, strong));
    if (event.warning) this.warn(event.warning);
    if (next) this.bar.print(next);
  }

  close(): void {
    this.bar.close();
  }
}

const strong: Emphasis = (text) => paint('1', text);
const faint: Emphasis = (text) => paint('2', text);
const warning: Emphasis = (text) => paint('1;33', text);

function paint(code: string, text: string): string {
  return process.stdout.hasColors() ? `\u001b[${code}m${text}\u001b[0m` : text;
}
