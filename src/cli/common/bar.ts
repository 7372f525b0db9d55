import { MultiBar, type SingleBar } from 'cli-progress';

/** A progress bar that stays below what is printed. */
export class Bar {
  private bars: MultiBar | undefined;
  private bar: SingleBar | undefined;
  private shownFormat = '';

  /** `format` as cli-progress takes it; the fields in braces that it does not know are those of `payload`. */
  show(format: string, value: number, total: number, payload: object): void {
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

  print(text: string): void {
    if (this.bars) {
      this.bars.log(`${text}\n`);
      this.bars.update();
    } else process.stdout.write(`${text}\n`);
  }

  close(): void {
    this.bars?.stop();
    this.bars = undefined;
    this.bar = undefined;
  }
}
