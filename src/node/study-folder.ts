import { rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { base64, fromBase64 } from '../core/base64.ts';
import { DataError, ShapeError } from '../core/errors.ts';
import type { InputDescription } from '../data/input-description.ts';
import type { DecodedModel } from '../formats/model-file.ts';
import { modelHash } from '../model/hash.ts';
import type { Weights } from '../model/weights.ts';
import type { Conclusion } from '../search/conclusion.ts';
import { ScreenedWeights } from '../search/inherit/screened-weights.ts';
import type { Study } from '../search/run.ts';
import type { TrialRecord } from '../search/trial.ts';
import { encodeTrial, FOREIGN, trialIn } from '../search/written/trials.ts';
import { append } from './append-line.ts';
import { readConclusions, writeConclusions } from './conclusions-file.ts';
import { readBytes } from './file-error.ts';
import { makeFolder, refuseFile, undefinedIfMissing, writeFileAtomic } from './files.ts';
import { decodeText } from './json-file.ts';
import { load, save } from './persist.ts';

/** Bytes of weights of trials that are not from all seeds: 1 GiB. */
const MOST_BYTES = 2 ** 30;

/**
 * A study whose trials are kept in a folder, a line of trials.jsonl each, flushed to the disk as it ends, the weights of those that
 * were asked for beside it: whenever the process or the machine stops, nothing that was finished is lost.
 */
export class StudyFolder implements Study {
  private readonly screened = new ScreenedWeights(MOST_BYTES);

  private constructor(
    private readonly folder: string,
    private readonly path: string,
    private readonly context: object,
    /** What was found in the file and left out, a line each, for the person. */
    readonly problems: readonly string[],
    private readonly kept: TrialRecord[],
    private readonly concluded: Conclusion[],
  ) {
    for (const record of kept) this.screened.add(record);
  }

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
      const read = cut ?? trialIn(line, context, records);
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
    return new StudyFolder(folder, path, context, problems, records, await readConclusions(folder));
  }

  get records(): readonly TrialRecord[] {
    return this.kept;
  }

  async add(record: TrialRecord, weights?: readonly Weights[], input?: InputDescription): Promise<void> {
    if (weights) await this.addWeights(record, weights, input);
    await append(this.path, `${encodeTrial(record, this.context)}\n`);
    this.kept.push(record);
  }

  async addWeights(record: TrialRecord, weights: readonly Weights[], input?: InputDescription): Promise<void> {
    const options = input && { input };
    for (const [replica, tensors] of weights.entries())
      await save(this.weightsPath(record, replica), record.model, tensors, options);
    for (const gone of this.screened.add(record)) await this.letGo(gone);
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
  trained(record: TrialRecord, replica: number): Promise<DecodedModel | undefined> {
    return trainedIn(this.folder, record, replica);
  }

  async addFiles(record: TrialRecord, files: readonly string[]): Promise<void> {
    for (const [replica, file] of files.entries())
      await writeFileAtomic(this.filePath(record, replica), fromBase64(file) ?? new Uint8Array());
  }

  /** What each replica of a record left as, in base64; undefined where one is missing or damaged. */
  async files(record: TrialRecord): Promise<readonly string[] | undefined> {
    const trained = record.outcome.status === 'trained' ? record.outcome.accuracy.length : 0;
    const found: string[] = [];
    for (let replica = 0; replica < trained; replica++) {
      const loaded = await load(this.filePath(record, replica)).catch(undefinedIfUnusable);
      if (loaded === undefined) return undefined;
      found.push(base64(await readBytes(this.filePath(record, replica))));
    }
    return found;
  }

  get conclusions(): readonly Conclusion[] {
    return this.concluded;
  }

  async addConclusion(conclusion: Conclusion): Promise<void> {
    await writeConclusions(this.folder, [...this.concluded, conclusion]);
    this.concluded.push(conclusion);
  }

  private async letGo(record: TrialRecord): Promise<void> {
    const count = record.outcome.status === 'trained' ? record.outcome.accuracy.length : 0;
    for (let replica = 0; replica < count; replica++) {
      await rm(this.weightsPath(record, replica), { force: true });
      await rm(this.filePath(record, replica), { force: true });
    }
  }

  private filePath({ key }: TrialRecord, replica: number): string {
    return join(this.folder, 'weights', `${key}-${replica}.paredown`);
  }

  private weightsPath(record: TrialRecord, replica: number): string {
    return weightsPath(this.folder, record, replica);
  }
}

/** As `StudyFolder.trained`, of the study in a folder. */
export async function trainedIn(folder: string, record: TrialRecord, replica: number): Promise<DecodedModel | undefined> {
  const loaded = await load(weightsPath(folder, record, replica)).catch(undefinedIfUnusable);
  return loaded?.kind === 'model' && modelHash(loaded.model) === modelHash(record.model) ? loaded : undefined;
}

const weightsPath = (folder: string, { key }: TrialRecord, replica: number) =>
  join(folder, 'weights', `${key}-${replica}.safetensors`);

/** For `catch`: weights that are missing or damaged are made again. */
function undefinedIfUnusable(error: unknown): undefined {
  const refused = error as NodeJS.ErrnoException;
  if (refused.code === undefined && (error instanceof DataError || error instanceof ShapeError)) return undefined;
  return undefinedIfMissing(refused);
}

export function openStudy(folder: string, context: object, options?: { readonly readOnly?: boolean }): Promise<StudyFolder> {
  return StudyFolder.open(folder, context, options);
}
