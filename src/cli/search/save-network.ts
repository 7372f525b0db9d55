import { basename, join, resolve } from 'node:path';
import {
  bestOf,
  DataError,
  howTrained,
  type StudyFolder,
  type StudySettings,
  save,
  type TrialRecord,
  writeFileAtomic,
} from 'paredown/node';
import { paredownCommand } from '../common/invocation.ts';
import { shortKey } from './chosen.ts';
import type { SeedFigures } from './seed-figures.ts';
import { setupOf } from './settings.ts';

/** A study in its folder. */
interface Kept {
  readonly folder: string;
  readonly settings: StudySettings;
  readonly study: StudyFolder;
}

/** Whether a file of this name holds a network alone. */
export function isNetworkFile(file: string): boolean {
  return /\.json$/i.test(file);
}

/** Writes the network of a trial as JSON, as `--model` takes it. */
export async function saveNetwork({ model }: TrialRecord, file: string): Promise<void> {
  await writeFileAtomic(file, `${JSON.stringify(model, undefined, 2)}\n`);
}

/** Writes the network of a trial with the weights of one of its trainings, and what the study knows of it. */
export async function saveReplica(kept: Kept, record: TrialRecord, of: SeedFigures | undefined, file: string): Promise<void> {
  const { weights, input } = await trainedReplica(kept, record, of);
  if (isFileThatLeft(file)) return writeFileAtomic(file, await fileThatLeft(kept, record, of));
  await save(file, record.model, weights, { ...(input && { input }), about: aboutReplica(kept, record, of) });
}

/** The same for each seed, as NAME-seedN.safetensors, once the weights of all of them are there. */
export async function saveEachSeed(kept: Kept, record: TrialRecord, name: string, seeds: readonly SeedFigures[]) {
  if (seeds.length === 0) await trainedReplica(kept, record, undefined);
  for (const figures of seeds) await trainedReplica(kept, record, figures);
  const files = seeds.map(({ seed }) => ({ seed, file: `${name}-seed${seed}.safetensors` }));
  for (const [index, figures] of seeds.entries()) await saveReplica(kept, record, figures, files[index]?.file ?? '');
  return files;
}

/** Whether a file of this name holds a network as it left its training. */
function isFileThatLeft(file: string): boolean {
  return /\.paredown$/i.test(file);
}

/** The very file whose bytes were counted. */
async function fileThatLeft({ folder, study }: Kept, record: TrialRecord, of: SeedFigures | undefined): Promise<Uint8Array> {
  const file = of && (await study.files(record))?.[of.replica];
  if (file !== undefined) return Buffer.from(file, 'base64');
  throw new DataError(
    `${folder} keeps no file of trial ${record.number + 1}: networks leave as files in studies of --objective bytes or --max-bytes; save a .safetensors, and make one: ${paredownCommand('compress', 'best.safetensors')}`,
  );
}

async function trainedReplica({ folder, settings, study }: Kept, record: TrialRecord, of: SeedFigures | undefined) {
  const trained = of && (await study.trained(record, of.replica));
  if (trained) return trained;
  const { problem, software } = settings;
  const trial = `trial ${record.number + 1} (${shortKey(record)})`;
  if (bestOf(problem, study.records)?.key === record.key)
    throw new DataError(
      `${join(folder, 'weights')}: the weights of ${trial}, the best, are missing or damaged. ` +
        `To have them trained again, on the study's adapter (${software.adapter}): ${paredownCommand('search', '--study', folder)}`,
    );
  throw new DataError(
    `${join(folder, 'weights')} holds no weights of ${trial}: they are kept of networks trained at full length from all seeds. ` +
      `How to train it: ${paredownCommand('search', 'best', folder, '--trial', shortKey(record))}`,
  );
}

/** Where a network comes from and how it was trained. */
function aboutReplica({ folder, settings }: Kept, record: TrialRecord, of: SeedFigures | undefined) {
  const { problem, data, software, command, created } = settings;
  const { replica: _, ...rest } = of ?? {};
  return {
    study: basename(resolve(folder)),
    ...(command !== undefined && { command }),
    created,
    software,
    data: data.source,
    floor: problem.floor,
    trial: record.key,
    ...rest,
    training: howTrained(setupOf(settings), record, data.train),
  };
}
