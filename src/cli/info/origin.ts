import { dirname } from 'node:path';
import { describe } from 'paredown/node';
import type { ModelFile } from '../common/model-file.ts';
import type { ResultEvent } from '../common/training/events.ts';
import type { RunRecord } from '../common/training/record.ts';
import { RunFolder } from '../common/training/run-folder.ts';

/** The run that a model came out of. */
export interface Origin {
  readonly record: RunRecord;
  readonly result?: ResultEvent;
}

/** Where the file lies in the folder of a run of the same network; what is damaged there tells nothing. */
export async function originOf({ path, model }: ModelFile): Promise<Origin | undefined> {
  const folder = new RunFolder(dirname(path));
  const record = await folder.record().catch(() => undefined);
  if (record?.modelHash !== describe(model).hash) return undefined;
  const result = await folder.result().catch(() => undefined);
  return { record, ...(result && { result }) };
}
