import { open } from 'node:fs/promises';
import { undefinedIfMissing } from '../files.ts';

/** Reads a file of lines that grows: each time what was appended. A line that is half written is read once it is whole. */
export class AppendedLines {
  private inode = 0;
  private offset = 0;
  /** Bytes behind the last whole line. */
  rest = 0;

  constructor(private readonly path: string) {}

  /** The new lines; `anew`: the file is another one, or shorter, and these are all of it. */
  async read(): Promise<{ readonly lines: readonly string[]; readonly anew: boolean }> {
    const file = await open(this.path, 'r').catch(undefinedIfMissing);
    if (!file) return this.nothing();
    try {
      const { size, ino } = await file.stat();
      const anew = ino !== this.inode || size < this.offset;
      if (anew) this.offset = 0;
      this.inode = ino;
      const bytes = Buffer.alloc(size - this.offset);
      const { bytesRead } = bytes.length > 0 ? await file.read(bytes, 0, bytes.length, this.offset) : { bytesRead: 0 };
      const whole = bytes.subarray(0, bytesRead);
      const end = whole.lastIndexOf(10) + 1;
      this.rest = whole.length - end;
      this.offset += end;
      return { lines: whole.toString('utf8', 0, end).split('\n').slice(0, -1), anew };
    } finally {
      await file.close();
    }
  }

  /** What was read is to be read again. */
  forget(): void {
    this.inode = 0;
    this.offset = 0;
    this.rest = 0;
  }

  private nothing() {
    const anew = this.inode !== 0;
    this.forget();
    return { lines: [], anew };
  }
}
