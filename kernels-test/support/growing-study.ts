import { appendFile, cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A kept study with learning curves. */
const KEPT = fileURLToPath(new URL('../../docs/results/search-mnist-97.5/', import.meta.url));

/** A copy of a kept study that has come to its first trials, and to more as it is told. */
export class GrowingStudy {
  private constructor(
    readonly folder: string,
    private readonly lines: readonly string[],
    private next: number,
  ) {}

  static async begin(folder: string, trials: number): Promise<GrowingStudy> {
    await mkdir(folder, { recursive: true });
    await cp(join(KEPT, 'study.json'), join(folder, 'study.json'));
    const lines = (await readFile(join(KEPT, 'trials.jsonl'), 'utf8')).split('\n').slice(0, -1);
    await writeFile(
      join(folder, 'trials.jsonl'),
      lines
        .slice(0, trials)
        .map((line) => `${line}\n`)
        .join(''),
    );
    return new GrowingStudy(folder, lines, trials);
  }

  /** Appends the next trial; returns its number, as a person calls it. */
  async grow(): Promise<number> {
    const line = this.take();
    await this.append(`${line}\n`);
    return JSON.parse(line).number + 1;
  }

  /** The next line, which is to be appended. */
  take(): string {
    return this.lines[this.next++] ?? '';
  }

  append(text: string): Promise<void> {
    return appendFile(join(this.folder, 'trials.jsonl'), text);
  }
}
