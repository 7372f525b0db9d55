import { DataError } from '../../core/errors.ts';

/**
 * How many numbers a file may become: some bytes can ask for any amount of memory (a shape to be filled with a constant), which no
 * network needs that is not many times as large itself.
 */
export class Allowance {
  private left: number;

  constructor(private readonly fileBytes: number) {
    this.left = 4 * fileBytes + 2 ** 20;
  }

  /** To be called before so many numbers are allocated. Throws a DataError where they are too many; `where` is what it begins with. */
  take(where: string, count: number): void {
    this.left -= count;
    if (!(this.left >= 0))
      throw new DataError(
        `${where}: asks for ${count} numbers, more than a file of ${this.fileBytes} bytes can need; it is damaged or made to use up memory`,
      );
  }
}
