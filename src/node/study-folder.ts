import { open } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import * as v from 'valibot';
import { DataError, ShapeError } from '../core/errors.ts';
import { toJson } from '../core/json.ts';
import type { InputDescription } from '../data/input-description.ts';
import type { DecodedModel } from '../formats/model-file.ts';
import { modelHash } from '../model/hash.ts';
import { parseModel } from '../model/model.ts';
import type { Weights } from '../model/weights.ts';
import type { Conclusion } from '../search/conclusion.ts';
import { withoutDivergedRates } from '../search/diverged-rates.ts';
import type { Study } from '../search/run.ts';
import { makeTrial, type TrialRecord } from '../search/trial.ts';
import { readConclusions, writeConclusions } from './conclusions-file.ts';
import { readBytes } from './file-error.ts';
import { makeFolder, refuseFile, syncFolder, undefinedIfMissing, writeFileAtomic } from './files.ts';
import { decodeText, figure } from './json-file.ts';
import { load, save } from './persist.ts';

/** A line of trials.jsonl. */
const numbers = v.array(v.number());
const schema = v.object({
  format: v.literal(1),
  key: v.string(),
  model: v.unknown(),
  number: v.pipe(v.number(), v.integer(), v.minValue(0)),
  samples: v.number(),
  seeds: numbers,
  rates: numbers,
  origin: v.object({
    strategy: v.string(),
    parent: v.optional(v.string()),
    change: v.string(),
    family: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(100_000))),
  }),
  outcome: v.variant('status', [
    v.object({
      status: v.literal('trained'),
      accuracy: v.array(figure),
      loss: v.array(figure),
      rates: v.optional(numbers),
    }),
    v.object({ status: v.picklist(['diverged', 'refused']), reason: v.string() }),
  ]),
  latency: v.optional(v.number()),
  wallMs: v.number(),
});

/**
 * A study whose trials are kept in a folder, a line of trials.jsonl each, flushed to the disk as it ends, the weights of those that
 * were asked for beside it: whenever the process or the machine stops, nothing that was finished is lost.
 */
export class StudyFolder implements Study {
  private constructor(
    private readonly folder: string,
    private readonly path: string,
    /** What was found in the file and left out, a line each, for the person. */
    readonly problems: readonly string[],
    private readonly kept: TrialRecord[],
    private readonly concluded: Conclusion[],
  ) {}

  /**
   * Opens a study, or begins one. Lines that are cut off, damaged, of another version, doubled, or of other data or another training
   * than `context` are left out and named in `problems`; the file is put right, with what was left out in trials.jsonl.left-out
   * (`readOnly`: nothing is written). Throws a DataError where no line is of `context`. Take `lockFolder` before, to write.
   */
  static async open(folder: string, context: object, { readOnly = false } = {}): Promise<StudyFolder> {
    await refuseFile(folder);
    if (!readOnly) await makeFolder(folder);
    const path = resolve(folder, 'trials.jsonl');
    const bytes = await readBytes(path).catch(undefinedIfMissing);
    const text = decodeText(bytes ?? new Uint8Array());
    const lines = text.split('\n');
    const records: TrialRecord[] = [];
    const problems: string[] = [];
    const good: string[] = [];
    const bad: string[] = [];
    lines.forEach((line, index) => {
      if (line.trim() === '') return;
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
    if (good.length === 0 && problems.some((problem) => problem.endsWith(FOREIGN)))
      throw new DataError(`${path}: no trial is of these data and this training; is it another study's?`);
    const whole = good.map((line) => `${line}\n`).join('');
    if (!readOnly) {
      if (bad.length > 0) await append(`${path}.left-out`, bad.map((line) => `${line}\n`).join(''));
      // What an editor saved in another encoding, too: lines are appended to it.
      if (bytes && !Buffer.from(whole).equals(bytes)) await writeFileAtomic(path, whole);
    }
    return new StudyFolder(folder, path, problems, records, await readConclusions(folder));
  }

  get records(): readonly TrialRecord[] {
    return this.kept;
  }

  async add(record: TrialRecord, weights?: readonly Weights[], input?: InputDescription): Promise<void> {
    const { costs, ...rest } = record;
    const line = { ...rest, ...(costs.latency !== undefined && { latency: costs.latency }) };
    if (weights) await this.addWeights(record, weights, input);
    await append(this.path, `${toJson({ format: 1, ...line })}\n`);
    this.kept.push(record);
  }

  async addWeights(record: TrialRecord, weights: readonly Weights[], input?: InputDescription): Promise<void> {
    const options = input && { input };
    for (const [replica, tensors] of weights.entries())
      await save(this.weightsPath(record, replica), record.model, tensors, options);
  }

  async weights(record: TrialRecord): Promise<readonly Weights[] | undefined> {
    const found: Weights[] = [];
    const trained = record.outcome.status === 'trained' ? record.outcome.accuracy.length : 0;
    for (let replica = 0; replica < trained; replica++) {
      const trainedModel = await this.trained(record, replica);
      if (!trainedModel) return undefined;
      found.push(trainedModel.weights);
    }
    return found;
  }

  /** One replica of a record as it was saved, with what it takes where the study tells it; undefined where it is missing or damaged. */
  async trained(record: TrialRecord, replica: number): Promise<DecodedModel | undefined> {
    const loaded = await load(this.weightsPath(record, replica)).catch(undefinedIfUnusable);
    return loaded?.kind === 'model' && modelHash(loaded.model) === modelHash(record.model) ? loaded : undefined;
  }

  get conclusions(): readonly Conclusion[] {
    return this.concluded;
  }

  async addConclusion(conclusion: Conclusion): Promise<void> {
    await writeConclusions(this.folder, [...this.concluded, conclusion]);
    this.concluded.push(conclusion);
  }

  private weightsPath({ key }: TrialRecord, replica: number): string {
    return join(this.folder, 'weights', `${key}-${replica}.safetensors`);
  }
}

/** For `catch`: weights that are missing or damaged are made again. */
function undefinedIfUnusable(error: unknown): undefined {
  const refused = error as NodeJS.ErrnoException;
  if (refused.code === undefined && (error instanceof DataError || error instanceof ShapeError)) return undefined;
  return undefinedIfMissing(refused);
}

const FOREIGN = 'is of other data or another training than this study';

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
  const { format: _format, key, number, model: description, outcome, latency, wallMs, ...rest } = parsed.output;
  try {
    const trial = makeTrial(context, { ...rest, model: parseModel(description) });
    if (trial.key !== key) return FOREIGN;
    if (known.some((record) => record.key === key)) return `repeats the trial ${key}`;
    if (known.some((record) => record.number === number)) return `repeats the number ${number}`;
    const costs = latency === undefined ? trial.costs : { ...trial.costs, latency };
    // Version 0.1 wrote what is not finite as null, and called it trained.
    return { ...trial, costs, number, outcome: withoutDivergedRates(trial, { outcome }).outcome, wallMs };
  } catch (error) {
    return `is damaged: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** Returns once the text would survive the end of the machine. What could not be written whole is taken back. */
async function append(path: string, text: string): Promise<void> {
  const file = await open(path, 'a');
  try {
    const { size } = await file.stat();
    try {
      await file.writeFile(text);
      await file.sync();
    } catch (error) {
      await file.truncate(size).catch(() => undefined);
      throw error;
    }
    if (size === 0) await syncFolder(dirname(path));
  } finally {
    await file.close();
  }
}

export function openStudy(folder: string, context: object, options?: { readonly readOnly?: boolean }): Promise<StudyFolder> {
  return StudyFolder.open(folder, context, options);
}
