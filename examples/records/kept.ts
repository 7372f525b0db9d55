import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import {
  canonicalJson,
  costsOf,
  DataError,
  type DataSource,
  type InputDescription,
  load,
  type Model,
  type Weights,
} from 'paredown/node';
import * as v from 'valibot';
import { undefinedIfMissing } from '../../src/cli/common/files.ts';

/** Seeds that a row has at the least. */
export const LEAST_SEEDS = 5;

/** One network of a row, trained from one seed. */
export interface KeptSeed {
  readonly file: string;
  readonly seed: number;
  readonly weights: Weights;
  readonly input: InputDescription;
  readonly about: About;
}

/** A network that holds a floor, as kept in files NAME-seedN.safetensors. */
export interface KeptRow {
  readonly name: string;
  readonly model: Model;
  /** Numbers that the file of a deployed network must hold. */
  readonly parameters: number;
  /** By rising seed. */
  readonly seeds: readonly KeptSeed[];
}

/** What `search best --save-seeds` writes of where a network comes from. */
const aboutSchema = v.object({
  study: v.string(),
  command: v.optional(v.string()),
  data: v.object({ data: v.string(), size: v.optional(v.number()), dir: v.optional(v.string()) }),
  floor: v.pipe(v.number(), v.minValue(0), v.maxValue(1)),
  trial: v.string(),
  seed: v.number(),
  training: v.object({ words: v.string() }),
});

interface About extends Omit<v.InferOutput<typeof aboutSchema>, 'data'> {
  readonly data: DataSource;
}

const FILE = /^(.+)-seed(\d+)\.safetensors$/;

/**
 * The rows in a folder, by rising floor; none where there is no folder. Throws a DataError for what is not whole or not consistent: a file
 * that can't be read or tells nothing of its study, files of a row that differ in network, study or trial, fewer than five seeds.
 */
export async function keptRows(dir: string): Promise<KeptRow[]> {
  const files = ((await readdir(dir).catch(undefinedIfMissing)) ?? []).filter((name) => name.endsWith('.safetensors')).sort();
  const seeds = new Map<string, { readonly model: Model; readonly kept: KeptSeed }[]>();
  for (const file of files) {
    const [, name, seed] = FILE.exec(file) ?? [];
    if (name === undefined) throw new DataError(`${join(dir, file)}: a record is named NAME-seedN.safetensors`);
    const read = await readSeed(join(dir, file), Number(seed));
    seeds.set(name, [...(seeds.get(name) ?? []), read]);
  }
  const rows = [...seeds].map(([name, read]) => rowOf(join(dir, name), name, read));
  const floorOf = ({ seeds: [first] }: KeptRow) => first?.about.floor ?? 0;
  return rows.sort((a, b) => floorOf(a) - floorOf(b) || a.parameters - b.parameters);
}

async function readSeed(file: string, seed: number) {
  const loaded = await load(file);
  if (loaded.kind !== 'model') throw new DataError(`${file} is a checkpoint; a record is a model`);
  const { model, weights, input } = loaded;
  const parsed = v.safeParse(aboutSchema, loaded.about);
  const how = 'write it by: paredown search best FOLDER --save-seeds NAME';
  if (!parsed.success) throw new DataError(`${file} does not tell its study and training (${parsed.issues[0].message}); ${how}`);
  if (!input) throw new DataError(`${file} does not tell what its network takes; ${how}`);
  const { data, ...rest } = parsed.output;
  const { size, dir } = data;
  const source = { data: data.data, ...(size !== undefined && { size }), ...(dir !== undefined && { dir }) };
  const about: About = { ...rest, data: source };
  if (about.seed !== seed) throw new DataError(`${file} is of seed ${about.seed}; its name says ${seed}`);
  return { model, kept: { file, seed, weights, input, about } };
}

function rowOf(path: string, name: string, read: readonly { readonly model: Model; readonly kept: KeptSeed }[]): KeptRow {
  const [first] = read;
  if (!first) throw new DataError(`${path}: there are no files`);
  for (const { model, kept } of read) {
    const differs = (what: string) => new DataError(`${kept.file} and ${first.kept.file} differ in their ${what}; a row is one`);
    if (canonicalJson(model) !== canonicalJson(first.model)) throw differs('network');
    for (const key of ['study', 'trial', 'floor', 'data'] as const)
      if (JSON.stringify(kept.about[key]) !== JSON.stringify(first.kept.about[key])) throw differs(key);
  }
  const seeds = read.map(({ kept }) => kept).sort((a, b) => a.seed - b.seed);
  if (seeds.length < LEAST_SEEDS)
    throw new DataError(
      `${path}: ${seeds.length} of at least ${LEAST_SEEDS} seeds (${seeds.map(({ seed }) => seed).join(', ')}); ` +
        `write all by: paredown search best FOLDER --save-seeds ${path}`,
    );
  return { name, model: first.model, parameters: costsOf(first.model).parameters, seeds };
}
