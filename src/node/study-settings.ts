import { join } from 'node:path';
import * as v from 'valibot';
import { DataError } from '../core/errors.ts';
import { parseModel } from '../model/model.ts';
import { objective } from '../search/costs.ts';
import { parseSpace } from '../search/space/space.ts';
import type { Problem } from '../search/strategy.ts';
import { readBytes } from './file-error.ts';
import { refuseFile, undefinedIfMissing, writeFileAtomic } from './files.ts';
import { parseJson } from './json-file.ts';

/** What a study was begun with, in its study.json: all that another process needs to go on with it, or to show it. */
export interface StudySettings {
  readonly problem: Problem;
  readonly strategy: string;
  readonly lag: number;
  /** As `GpuEvaluator`'s: of every trial's key. */
  readonly context: object;
  readonly data: {
    readonly name: string;
    readonly train: number;
    readonly validation: number;
    readonly test?: number;
    /** Where it comes from, as the program that made the study says it. */
    readonly source: object;
  };
  readonly software: { readonly version: string; readonly adapter: string };
  readonly command?: string;
  /** In ISO 8601. */
  readonly created: string;
}

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const costs = v.record(v.string(), v.number());
const schema = v.object({
  format: v.literal(1),
  problem: v.object({
    input: v.tuple([count, count, count]),
    classes: count,
    space: v.unknown(),
    objective: v.object({ weights: costs, limits: costs }),
    floor: v.number(),
    rungs: v.array(count),
    rates: v.array(v.number()),
    seeds: v.array(count),
    start: v.optional(v.unknown()),
    seed: v.number(),
  }),
  strategy: v.string(),
  lag: count,
  context: v.looseObject({}),
  data: v.object({ name: v.string(), train: count, validation: count, test: v.optional(count), source: v.looseObject({}) }),
  software: v.object({ version: v.string(), adapter: v.string() }),
  command: v.optional(v.string()),
  created: v.string(),
});

const fileOf = (folder: string) => join(folder, 'study.json');

export async function readStudySettings(folder: string): Promise<StudySettings | undefined> {
  await refuseFile(folder);
  const path = fileOf(folder);
  const bytes = await readBytes(path).catch(undefinedIfMissing);
  if (bytes === undefined) return undefined;
  try {
    const json = parseJson(bytes, 'it');
    const format = typeof json === 'object' && json !== null && 'format' in json ? json.format : undefined;
    if (format !== 1) throw new DataError(`it is of format ${JSON.stringify(format)}, and this version reads format 1`);
    const { format: _, problem, ...settings } = v.parse(schema, json);
    const {
      space,
      start,
      objective: { weights, limits },
      ...rest
    } = problem;
    return {
      ...settings,
      problem: {
        ...rest,
        space: parseSpace(space),
        objective: objective(weights, limits),
        ...(start !== undefined && { start: parseModel(start) }),
      },
    };
  } catch (cause) {
    throw new DataError(`${path} can't be read: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

export function writeStudySettings(folder: string, settings: StudySettings): Promise<void> {
  return writeFileAtomic(fileOf(folder), `${JSON.stringify({ format: 1, ...settings }, undefined, 2)}\n`);
}
