import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { canonicalJson, DataError, type DataSource, decodeModel, readJson, statistics } from 'paredown/node';
import * as v from 'valibot';
import { undefinedIfMissing } from '../../src/cli/common/files.ts';
import { LEAST_SEEDS } from './kept.ts';

/** What one seed was compressed to. */
export interface KeptFile {
  readonly file: string;
  readonly seed: number;
  readonly content: Uint8Array;
}

/** A network in few bytes that holds a floor, as kept in files NAME-seedN.paredown with NAME.json. */
export interface KeptFiles {
  readonly name: string;
  /** The mean over the seeds. */
  readonly bytes: number;
  /** By rising seed. */
  readonly seeds: readonly KeptFile[];
  /** The shape of a sample. */
  readonly input: readonly number[];
  readonly about: About;
}

/** What `compress --save-seeds` writes of how the files were made. */
const aboutSchema = v.object({
  command: v.string(),
  data: v.object({ data: v.string(), size: v.optional(v.number()), dir: v.optional(v.string()) }),
  floor: v.pipe(v.number(), v.minValue(0), v.maxValue(1)),
  key: v.string(),
  steps: v.string(),
  training: v.object({
    epochs: v.number(),
    batch: v.number(),
    rate: v.number(),
    distillation: v.optional(v.object({ temperature: v.number(), weight: v.number() })),
  }),
});

interface About extends Omit<v.InferOutput<typeof aboutSchema>, 'data'> {
  readonly data: DataSource;
}

const FILE = /^(.+)-seed(\d+)\.paredown$/;
const HOW = 'write all by: paredown compress MODEL --save-seeds';

/**
 * The rows in a folder, by rising floor; none where there is no folder. Throws a DataError for what is not whole or not consistent: a file
 * that can't be read, files of a row that differ in network, none that tells how they were made, fewer than five seeds.
 */
export async function keptFiles(dir: string): Promise<KeptFiles[]> {
  const names = ((await readdir(dir).catch(undefinedIfMissing)) ?? []).filter((name) => name.endsWith('.paredown')).sort();
  const rows = new Map<string, KeptFile[]>();
  for (const name of names) {
    const [, row, seed] = FILE.exec(name) ?? [];
    const file = join(dir, name);
    if (row === undefined) throw new DataError(`${file}: such a record is named NAME-seedN.paredown`);
    rows.set(row, [...(rows.get(row) ?? []), { file, seed: Number(seed), content: await readFile(file) }]);
  }
  const whole = await Promise.all([...rows].map(([name, seeds]) => rowOf(dir, name, seeds)));
  return whole.sort((a, b) => a.about.floor - b.about.floor || a.bytes - b.bytes);
}

/** What a file decodes to. Throws a DataError, by its name, for a damaged one. */
export function trainedOf({ file, content }: KeptFile) {
  try {
    return { file, ...decodeModel(content) };
  } catch (cause) {
    throw new DataError(`${file}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

async function rowOf(dir: string, name: string, files: readonly KeptFile[]): Promise<KeptFiles> {
  const path = join(dir, name);
  const seeds = [...files].sort((a, b) => a.seed - b.seed);
  if (seeds.length < LEAST_SEEDS) {
    const there = seeds.map(({ seed }) => seed).join(', ');
    throw new DataError(`${path}: ${seeds.length} of at least ${LEAST_SEEDS} seeds (${there}); ${HOW} ${path}`);
  }
  const [first, ...others] = seeds.map(trainedOf);
  for (const { file, model } of others)
    if (canonicalJson(model) !== canonicalJson(first?.model ?? null))
      throw new DataError(`${file} and ${first?.file} differ in their network; a row is one`);
  const parsed = v.safeParse(aboutSchema, await readJson(`${path}.json`).catch(undefinedIfMissing));
  if (!parsed.success)
    throw new DataError(`${path}.json does not tell how its files were made (${parsed.issues[0].message}); ${HOW} ${path}`);
  const { data, ...rest } = parsed.output;
  const { size, dir: from } = data;
  const source = { data: data.data, ...(size !== undefined && { size }), ...(from !== undefined && { dir: from }) };
  const about: About = { ...rest, data: source };
  const bytes = statistics.mean(seeds.map(({ content }) => content.length));
  return { name, bytes, seeds, input: first?.model.input ?? [], about };
}
