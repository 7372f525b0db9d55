import { join } from 'node:path';
import * as v from 'valibot';
import { DataError } from '../core/errors.ts';
import { toJson } from '../core/json.ts';
import { parseModel } from '../model/model.ts';
import type { Conclusion } from '../search/conclusion.ts';
import { costsOf } from '../search/costs.ts';
import { readBytes } from './file-error.ts';
import { undefinedIfMissing, writeFileAtomic } from './files.ts';
import { figure, parseJson } from './json-file.ts';

const figures = v.array(figure);
const schema = v.object({
  format: v.literal(1),
  conclusions: v.array(
    v.object({
      finalists: v.array(
        v.object({
          key: v.string(),
          model: v.unknown(),
          latency: v.optional(v.number()),
          seeds: v.array(v.number()),
          validation: figures,
          test: figures,
        }),
      ),
      best: v.optional(v.string()),
      testHash: v.optional(v.string()),
      date: v.string(),
    }),
  ),
});

/** What the test set has said in a study, from its conclusions.json; nothing where there is none. Throws a DataError for a damaged file. */
export async function readConclusions(folder: string): Promise<Conclusion[]> {
  const path = join(folder, 'conclusions.json');
  const bytes = await readBytes(path).catch(undefinedIfMissing);
  if (bytes === undefined) return [];
  try {
    return v.parse(schema, parseJson(bytes, 'it')).conclusions.map(({ finalists, ...rest }) => ({
      ...rest,
      finalists: finalists.map(({ model: json, latency, ...finalist }) => {
        const model = parseModel(json);
        return { ...finalist, model, costs: { ...costsOf(model), ...(latency !== undefined && { latency }) } };
      }),
    }));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new DataError(`${path} is damaged: ${reason}. Delete it, and the test set is looked at once more`, { cause });
  }
}

/** Replaces the file as a whole. */
export function writeConclusions(folder: string, conclusions: readonly Conclusion[]): Promise<void> {
  const plain = conclusions.map(({ finalists, ...rest }) => ({
    ...rest,
    finalists: finalists.map(({ costs, ...finalist }) => ({ ...finalist, latency: costs.latency })),
  }));
  return writeFileAtomic(join(folder, 'conclusions.json'), `${toJson({ format: 1, conclusions: plain }, 2)}\n`);
}
