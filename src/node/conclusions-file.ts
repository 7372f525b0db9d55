import { join } from 'node:path';
import { DataError } from '../core/errors.ts';
import type { Conclusion } from '../search/conclusion.ts';
import { conclusionsFrom, encodeConclusions } from '../search/written/conclusions.ts';
import { readBytes } from './file-error.ts';
import { undefinedIfMissing, writeFileAtomic } from './files.ts';
import { parseJson } from './json-file.ts';

/** What the test set has said in a study, from its conclusions.json; nothing where there is none. Throws a DataError for a damaged file. */
export async function readConclusions(folder: string): Promise<Conclusion[]> {
  const path = join(folder, 'conclusions.json');
  const bytes = await readBytes(path).catch(undefinedIfMissing);
  if (bytes === undefined) return [];
  try {
    return conclusionsFrom(parseJson(bytes, 'it'));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new DataError(`${path} is damaged: ${reason}. Delete it, and the test set is looked at once more`, { cause });
  }
}

/** Replaces the file as a whole. */
export function writeConclusions(folder: string, conclusions: readonly Conclusion[]): Promise<void> {
  return writeFileAtomic(join(folder, 'conclusions.json'), encodeConclusions(conclusions));
}
