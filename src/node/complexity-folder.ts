import { open } from 'node:fs/promises';
import { resolve } from 'node:path';
import * as v from 'valibot';
import { DataError } from '../core/errors.ts';
import { toJson } from '../core/json.ts';
import { keyOf, type Measurement, type Measurements, measured } from '../papers/complexity/measure.ts';
import { figure } from '../search/written/figure.ts';
import { readBytes } from './file-error.ts';
import { makeFolder, undefinedIfMissing, writeFileAtomic } from './files.ts';
import { decodeText } from './json-file.ts';

const figures = v.array(figure);
const count = v.pipe(v.number(), v.integer(), v.minValue(1));

/** A line of measurements.jsonl. */
const schema = v.object({
  key: v.string(),
  configuration: v.strictObject({ filters: count, size: count, kernel: count, layers: count }),
  parameters: v.number(),
  multiplications: v.number(),
  outcome: v.variant('status', [
    v.object({
      status: v.literal('trained'),
      accuracy: figures,
      balancedAccuracy: figures,
      loss: figures,
      stepMs: v.number(),
    }),
    v.object({ status: v.picklist(['diverged', 'refused']), reason: v.string() }),
  ]),
  wallMs: v.number(),
  finished: v.string(),
});

/**
 * The measurements of a study of complexity, a line of measurements.jsonl each, flushed to the disk before the next one begins. Lines
 * of other data or another training are kept in the file and left alone; one that is cut off or damaged is taken out, and named in
 * `problems`.
 */
export class ComplexityFolder implements Measurements {
  private constructor(
    private readonly path: string,
    readonly problems: readonly string[],
    private readonly kept: Measurement[],
  ) {}

  /** `context`: see complexityContext. `fresh` forgets what was measured with it. */
  static async open(
    folder: string,
    context: object,
    { fresh = false }: { readonly fresh?: boolean } = {},
  ): Promise<ComplexityFolder> {
    await makeFolder(folder);
    const path = resolve(folder, 'measurements.jsonl');
    const bytes = await readBytes(path).catch(undefinedIfMissing);
    const lines = decodeText(bytes ?? new Uint8Array()).split('\n');
    const problems: string[] = [];
    const good: string[] = [];
    const kept: Measurement[] = [];
    lines.forEach((line, index) => {
      if (line.trim() === '') return;
      const record = index === lines.length - 1 ? undefined : readLine(line);
      if (!record) problems.push(`${path}, line ${index + 1} is cut off or damaged, and is left out`);
      else {
        const own = record.key === keyOf(context, record.configuration);
        if (own && fresh) return;
        good.push(line);
        if (own && !kept.some(({ key }) => key === record.key)) kept.push(record);
      }
    });
    const whole = good.map((line) => `${line}\n`).join('');
    if (bytes && !Buffer.from(whole).equals(bytes)) await writeFileAtomic(path, whole);
    return new ComplexityFolder(path, problems, kept);
  }

  get records(): readonly Measurement[] {
    return this.kept;
  }

  async add(record: Measurement): Promise<void> {
    const text = `${toJson(record)}\n`;
    const file = await open(this.path, 'a');
    try {
      const { size } = await file.stat();
      await file.writeFile(text);
      await file.sync();
      if ((await file.stat()).size < size + Buffer.byteLength(text))
        throw new DataError(`${this.path} could not be written whole; is the disk full?`);
    } finally {
      await file.close();
    }
    this.kept.push(record);
  }
}

function readLine(line: string): Measurement | undefined {
  try {
    const { success, output } = v.safeParse(schema, JSON.parse(line));
    // Version 0.1 wrote what is not finite as null, and called it trained.
    return success ? { ...output, outcome: measured(output.outcome) } : undefined;
  } catch {
    return undefined;
  }
}
