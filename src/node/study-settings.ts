import { join } from 'node:path';
import { DataError } from '../core/errors.ts';
import { encodeSettings, type StudySettings, settingsFrom } from '../search/written/settings.ts';
import { readBytes } from './file-error.ts';
import { refuseFile, undefinedIfMissing, writeFileAtomic } from './files.ts';
import { parseJson } from './json-file.ts';

const fileOf = (folder: string) => join(folder, 'study.json');

export async function readStudySettings(folder: string): Promise<StudySettings | undefined> {
  await refuseFile(folder);
  const path = fileOf(folder);
  const bytes = await readBytes(path).catch(undefinedIfMissing);
  if (bytes === undefined) return undefined;
  try {
    return settingsFrom(parseJson(bytes, 'it'));
  } catch (cause) {
    throw new DataError(`${path} can't be read: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

export function writeStudySettings(folder: string, settings: StudySettings): Promise<void> {
  return writeFileAtomic(fileOf(folder), encodeSettings(settings));
}
