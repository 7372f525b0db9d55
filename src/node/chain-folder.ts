import { join, resolve } from 'node:path';
import * as v from 'valibot';
import { chainSchema } from '../chain/schema.ts';
import type { ChainStudy, TestLook } from '../chain/study.ts';
import { type ChainRecord, makeChainTrial } from '../chain/trial.ts';
import { decodeModel } from '../compress/read-model.ts';
import { DataError } from '../core/errors.ts';
import { toJson } from '../core/json.ts';
import { figure } from '../search/written/figure.ts';
import { append } from './append-line.ts';
import { readBytes } from './file-error.ts';
import { makeFolder, refuseFile, undefinedIfMissing, writeFileAtomic } from './files.ts';
import { decodeText } from './json-file.ts';

/** A line of trials.jsonl. */
const schema = v.object({
  format: v.literal(1),
  key: v.string(),
  chain: chainSchema,
  seeds: v.array(v.number()),
  outcome: v.variant('status', [
    v.object({
      status: v.literal('measured'),
      bytes: v.array(v.number()),
      accuracy: v.array(figure),
      confirmation: v.optional(v.array(figure)),
    }),
    v.object({ status: v.picklist(['diverged', 'refused']), reason: v.string() }),
  ]),
  wallMs: v.number(),
});

/** A line of looks.jsonl. */
const lookSchema = v.object({
  format: v.literal(1),
  key: v.string(),
  testHash: v.string(),
  accuracy: v.array(figure),
  date: v.string(),
});

/**
 * A study of `compress` in a folder: a line of trials.jsonl for each trial, flushed to the disk as it ends, and the files of those that
 * show something beside it. Whenever the process or the machine stops, nothing that was finished is lost.
 */
export class ChainFolder implements ChainStudy {
  private constructor(
    private readonly folder: string,
    private readonly path: string,
    private readonly kept: ChainRecord[],
    private readonly looked: TestLook[],
    /** What was found in the file and left out, a line each, for the person. */
    readonly problems: readonly string[],
  ) {}

  /**
   * Opens a study, or begins one. Lines that are cut off, damaged, or of another network, data or training than `context` are left out,
   * named in `problems` and moved to trials.jsonl.left-out. Throws a DataError where no line is of `context`. Take `lockFolder` before.
   */
  static async open(folder: string, context: object): Promise<ChainFolder> {
    await refuseFile(folder);
    await makeFolder(folder);
    const path = resolve(folder, 'trials.jsonl');
    const bytes = await readBytes(path).catch(undefinedIfMissing);
    const lines = linesOf(bytes);
    const read = lines.map((line) => ({ line, record: recordOf(line, context) }));
    const good = read.flatMap(({ record }) => (typeof record === 'string' ? [] : [record]));
    const bad = read.filter(({ record }) => typeof record === 'string');
    if (good.length === 0 && bad.some(({ record }) => record === FOREIGN))
      throw new DataError(
        `${path} holds trials of another network, of other data or of another training; name another folder, or give the options that it was begun with`,
      );
    if (bad.length > 0) {
      await append(`${path}.left-out`, bad.map(({ line }) => `${line}\n`).join(''));
      await writeFileAtomic(path, good.map(lineOf).join(''));
    }
    const problems = bad.map(({ line, record }) => `${path}, line ${lines.indexOf(line) + 1}: ${record}; it is tried again`);
    const looks = linesOf(await readBytes(join(folder, LOOKS)).catch(undefinedIfMissing)).flatMap(lookOf);
    return new ChainFolder(folder, path, good, looks, problems);
  }

  get records(): readonly ChainRecord[] {
    return this.kept;
  }

  async add(record: ChainRecord, files?: readonly Uint8Array[]): Promise<void> {
    if (files) await this.addFiles(record, files);
    await append(this.path, lineOf(record));
    this.kept.push(record);
  }

  async addFiles(record: ChainRecord, files: readonly Uint8Array[]): Promise<void> {
    for (const [copy, bytes] of files.entries()) await writeFileAtomic(this.fileOf(record, copy), bytes);
  }

  get looks(): readonly TestLook[] {
    return this.looked;
  }

  async addLook(look: TestLook): Promise<void> {
    await append(join(this.folder, LOOKS), `${toJson({ format: 1, ...look })}\n`);
    this.looked.push(look);
  }

  /** Undefined where one is missing or damaged. */
  async files(record: ChainRecord): Promise<readonly Uint8Array[] | undefined> {
    const copies = record.outcome.status === 'measured' ? record.outcome.accuracy.length : 0;
    const found: Uint8Array[] = [];
    for (let copy = 0; copy < copies; copy++) {
      const bytes = await readBytes(this.fileOf(record, copy)).catch(undefinedIfMissing);
      if (!bytes || !isWhole(bytes)) return undefined;
      found.push(bytes);
    }
    return found;
  }

  private fileOf({ key }: ChainRecord, copy: number): string {
    return join(this.folder, 'files', `${key}-${copy}.paredown`);
  }
}

export function openChainStudy(folder: string, context: object): Promise<ChainFolder> {
  return ChainFolder.open(folder, context);
}

const FOREIGN = 'it is of another network, of other data or of another training';

const LOOKS = 'looks.jsonl';

function linesOf(bytes: Uint8Array | undefined): string[] {
  return decodeText(bytes ?? new Uint8Array())
    .split('\n')
    .filter((line) => line.trim() !== '');
}

/** None where a line is damaged. */
function lookOf(line: string): TestLook[] {
  try {
    const { success, output } = v.safeParse(lookSchema, JSON.parse(line));
    return success ? [output] : [];
  } catch {
    return [];
  }
}

/** The record of a line, or what is wrong with it. */
function recordOf(line: string, context: object): ChainRecord | string {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch {
    return 'it is cut off or damaged';
  }
  const { success, output, issues } = v.safeParse(schema, json);
  if (!success) return `it is damaged: ${issues[0].message}`;
  const { format: _, key, chain, seeds, outcome, wallMs } = output;
  const trial = makeChainTrial(context, chain, seeds);
  return trial.key === key ? { ...trial, outcome, wallMs } : FOREIGN;
}

function lineOf(record: ChainRecord): string {
  return `${toJson({ format: 1, ...record })}\n`;
}

function isWhole(bytes: Uint8Array): boolean {
  try {
    decodeModel(bytes);
    return true;
  } catch (error) {
    if (error instanceof DataError) return false;
    throw error;
  }
}
