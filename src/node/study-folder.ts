import { mkdir, open, readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import * as v from 'valibot';
import { DataError } from '../core/errors.ts';
import { parseModel } from '../model/model.ts';
import type { Study } from '../search/run.ts';
import { makeTrial, type TrialRecord } from '../search/trial.ts';
import { writeFileAtomic } from './files.ts';

/** A line of trials.jsonl. */
const numbers = v.array(v.number());
const schema = v.object({
  format: v.literal(1),
  key: v.string(),
  model: v.unknown(),
  samples: v.number(),
  seeds: numbers,
  origin: v.object({ strategy: v.string(), parent: v.optional(v.string()), change: v.string() }),
  outcome: v.variant('status', [
    v.object({ status: v.literal('trained'), accuracy: numbers, loss: numbers }),
    v.object({ status: v.picklist(['diverged', 'refused']), reason: v.string() }),
  ]),
  wallMs: v.number(),
});

/**
 * A study whose trials are kept in a folder, a line of trials.jsonl each, flushed to the disk before the next trial begins: whenever
 * the process or the machine stops, nothing that was finished is lost.
 */
export class StudyFolder implements Study {
  private readonly kept: TrialRecord[];

  private constructor(
    private readonly path: string,
    /** What was found in the file and left out, a line each, for the person. */
    readonly problems: readonly string[],
    records: readonly TrialRecord[],
  ) {
    this.kept = [...records];
  }

  /**
   * Opens a study, or begins one. Lines that are cut off, damaged, of another version, doubled, or of other data or another training
   * than `context` are left out and named in `problems`; the file is put right, with what was left out in trials.jsonl.left-out.
   */
  static async open(folder: string, context: object): Promise<StudyFolder> {
    await mkdir(folder, { recursive: true });
    const path = resolve(folder, 'trials.jsonl');
    const text = await readFile(path, 'utf8').catch(emptyIfMissing);
    const lines = text.split('\n');
    const records: TrialRecord[] = [];
    const problems: string[] = [];
    const good: string[] = [];
    const bad: string[] = [];
    lines.forEach((line, index) => {
      if (line === '') return;
      const cut = index === lines.length - 1 ? 'is cut off: that trial had not ended' : undefined;
      const read = cut ?? readLine(line, context, records);
      if (typeof read === 'string') {
        problems.push(`${path}, line ${index + 1}: ${read}`);
        bad.push(line);
      } else {
        records.push(read);
        good.push(line);
      }
    });
    if (bad.length > 0) {
      await append(`${path}.left-out`, bad.map((line) => `${line}\n`).join(''));
      await writeFileAtomic(path, good.map((line) => `${line}\n`).join(''));
    }
    return new StudyFolder(path, problems, records);
  }

  get records(): readonly TrialRecord[] {
    return this.kept;
  }

  async add(record: TrialRecord): Promise<void> {
    const { costs: _, ...line } = record;
    await append(this.path, `${JSON.stringify({ format: 1, ...line })}\n`);
    this.kept.push(record);
  }
}

/** The record of a line, or what is wrong with it. */
function readLine(line: string, context: object, known: readonly TrialRecord[]): TrialRecord | string {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch {
    return 'is damaged: it is not JSON';
  }
  if (typeof json === 'object' && json !== null && 'format' in json && json.format !== 1)
    return `is of format ${JSON.stringify(json.format)}; this version reads format 1`;
  const parsed = v.safeParse(schema, json);
  if (!parsed.success) return `is damaged: ${v.flatten(parsed.issues).root?.[0] ?? parsed.issues[0].message}`;
  const { format: _format, key, model: description, outcome, wallMs, ...rest } = parsed.output;
  try {
    const trial = makeTrial(context, { ...rest, model: parseModel(description) });
    if (trial.key !== key) return 'is of other data or another training than this study';
    if (known.some((record) => record.key === key)) return `repeats the trial ${key}`;
    return { ...trial, outcome, wallMs };
  } catch (error) {
    return `is damaged: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** Returns once the text would survive the end of the machine. */
async function append(path: string, text: string): Promise<void> {
  const file = await open(path, 'a');
  try {
    const { size } = await file.stat();
    await file.writeFile(text);
    await file.sync();
    if ((await file.stat()).size < size + Buffer.byteLength(text))
      throw new DataError(`${path} could not be written whole; is the disk full?`);
  } finally {
    await file.close();
  }
}

function emptyIfMissing(error: NodeJS.ErrnoException): string {
  if (error.code !== 'ENOENT') throw error;
  return '';
}
