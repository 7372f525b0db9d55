import { readdir, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { type ChainRecord, type ChainStudy, chainSummary, DataError, type DataSource, writeFileAtomic } from 'paredown/node';
import { undefinedIfMissing } from '../common/files.ts';
import type { Options } from './options.ts';

/** What is kept beside the files of each seed: how they were made. */
interface SeedsAbout {
  readonly command: string;
  readonly data: DataSource;
  readonly floor: number;
  /** Of the trial. */
  readonly key: string;
  /** Its steps in words. */
  readonly steps: string;
  readonly training: {
    readonly epochs: number;
    readonly batch: number;
    readonly rate: number;
    /** From the model's own outputs [from the labels alone]. */
    readonly distillation?: { readonly temperature: number; readonly weight: number };
  };
}

interface Made {
  readonly record: ChainRecord;
  readonly study: ChainStudy;
  readonly command: string;
  readonly data: DataSource;
  readonly options: Options;
  readonly distillation?: SeedsAbout['training']['distillation'];
}

/**
 * Writes the file of each seed of a trial as NAME-seedN.paredown, and NAME.json with how they were made. Returns their paths; none where
 * the model left as it is, and nothing was trained.
 */
export async function saveSeeds(
  name: string,
  { record, study, command, data, options, distillation }: Made,
): Promise<readonly string[]> {
  if (record.seeds.length === 0) return [];
  const files = await study.files(record);
  if (!files) throw new DataError(`--save-seeds ${name}: the study has lost files of trial ${record.key}`);
  const { floor, epochs, batch, rate } = options;
  const about: SeedsAbout = {
    ...{ command, data, floor, key: record.key, steps: chainSummary(record, floor).words },
    training: { epochs, batch, rate, ...(distillation && { distillation }) },
  };
  const paths = record.seeds.map((seed) => `${name}-seed${seed}.paredown`);
  // Those of an earlier result would count as more seeds of this one.
  const old = await readdir(dirname(name)).catch(undefinedIfMissing);
  const own = (file: string) => file.startsWith(`${basename(name)}-seed`) && /-seed\d+\.paredown$/.test(file);
  for (const file of (old ?? []).filter(own)) await rm(join(dirname(name), file));
  for (const [index, path] of paths.entries()) await writeFileAtomic(path, files[index] as Uint8Array);
  await writeFileAtomic(`${name}.json`, `${JSON.stringify(about, undefined, 2)}\n`);
  return paths;
}
