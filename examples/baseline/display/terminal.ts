import { MultiBar, type SingleBar } from 'cli-progress';
import { clock, grouped, percent, stepTime } from '../../common/format.ts';
import type { EvaluationEvent, ProgressEvent, ResultEvent, StartEvent } from '../events.ts';
import type { Display, DownloadProgress } from './display.ts';
import { type Emphasis, evaluationLine, resultText, startText } from './text.ts';

const TRAINING = ' {bar} {percentage}%  {position}  loss {loss}{accuracy}  {stepMs} ms/step  {left} left';
const DOWNLOAD = ' {bar} {percentage}%  {file}  {megabytes} MB';

/** A bar that stays below what is printed, and colours where the terminal has them (NO_COLOR is honoured). */
export class TerminalDisplay implements Display {
  private bars: MultiBar | undefined;
  private bar: SingleBar | undefined;
  private shownFormat = '';

  note(text: string): void {
    this.print(faint(text));
  }

  warn(text: string): void {
    this.print(warning(text));
  }

  download({ file, bytes, total }: DownloadProgress): void {
    const megabytes = `${(bytes / 1e6).toFixed(1)} of ${(total / 1e6).toFixed(1)}`;
    this.show(DOWNLOAD, bytes, total, { file, megabytes });
  }

  start(event: StartEvent, table: string): void {
    this.close();
    this.print(startText(event, table, strong));
    const accuracy = '';
    const position = `${grouped(event.step)}/${grouped(event.options.steps)}`;
    this.show(TRAINING, event.step, event.options.steps, { position, loss: '-', accuracy, stepMs: '-', left: '-:--' });
  }

  progress({ step, steps, loss, accuracy, stepMs, etaMs }: ProgressEvent): void {
    this.show(TRAINING, step, steps, {
      position: `${grouped(step)}/${grouped(steps)}`,
      loss: loss.toFixed(4),
      accuracy: accuracy === undefined ? '' : `  accuracy ${percent(accuracy)}`,
      stepMs: stepTime(stepMs),
      left: clock(etaMs),
    });
  }

  evaluation(event: EvaluationEvent): void {
    this.print(evaluationLine(event));
  }

  result(event: ResultEvent): void {
    this.close();
    this.print(resultText(event, strong));
    if (event.warning) this.warn(event.warning);
  }

  close(): void {
    this.bars?.stop();
    this.bars = undefined;
    this.bar = undefined;
  }

  private show(format: string, value: number, total: number, payload: object): void {
    if (format !== this.shownFormat) this.close();
    this.shownFormat = format;
    if (!this.bars) {
      this.bars = new MultiBar({
        stream: process.stdout,
        format,
        barsize: 18,
        barCompleteChar: '\u2588',
        barIncompleteChar: '\u2591',
        fps: 8,
        hideCursor: true,
        clearOnComplete: true,
        // A line printed above takes the place of the bar until it is drawn again.
        forceRedraw: true,
      });
      this.bar = this.bars.create(total, value, payload);
    }
    this.bar?.setTotal(total);
    this.bar?.update(value, payload);
  }

  private print(text: string): void {
    if (this.bars) {
      this.bars.log(`${text}\n`);
      this.bars.update();
    } else process.stdout.write(`${text}\n`);
  }
}

const strong: Emphasis = (text) => paint('1', text);
const faint: Emphasis = (text) => paint('2', text);
const warning: Emphasis = (text) => paint('1;33', text);

function paint(code: string, text: string): string {
  return process.stdout.hasColors() ? `\u001b[${code}m${text}\u001b[0m` : text;
}
