import { createHash } from 'node:crypto';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { base64, fromBase64 } from '../../core/base64.ts';
import type { Weights } from '../../model/weights.ts';
import type { Judgement } from '../../report/served/images.ts';
import { MOST_SIDE } from '../../report/study/pixels.ts';
import { bestReplica } from '../../search/best.ts';
import type { TrialRecord } from '../../search/trial.ts';
import { readBytes } from '../file-error.ts';
import { writeFileAtomic } from '../files.ts';

/** A judgement as it is kept. */
export interface KeptJudgement extends Judgement {
  /** `digestOf` the weights that were judged. */
  readonly weights: string;
}

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const share = v.pipe(v.number(), v.minValue(0), v.maxValue(1));
const side = v.pipe(count, v.minValue(1), v.maxValue(MOST_SIDE));

const schema = v.object({
  format: v.literal(1),
  weights: v.string(),
  seed: count,
  date: v.string(),
  adapter: v.string(),
  name: v.string(),
  classes: v.pipe(count, v.maxValue(1000)),
  classNames: v.optional(v.array(v.string())),
  /** What is not 0: label, predicted, images. */
  confusion: v.array(v.tuple([count, count, count])),
  wrong: v.array(
    v.object({
      label: count,
      predicted: count,
      probability: share,
      ofLabel: share,
      shape: v.tuple([side, side, v.picklist([1, 3])]),
      /** In base64. */
      pixels: v.string(),
    }),
  ),
});

export function encodeJudgement({ judged, ...facts }: KeptJudgement): string {
  const { name, classNames, confusion, wrong } = judged;
  const counted = confusion.flatMap((row, label) =>
    row.flatMap((images, predicted) => (images > 0 ? [[label, predicted, images]] : [])),
  );
  const shown = wrong.map(({ pixels, ...rest }) => ({ ...rest, pixels: base64(Uint8Array.from(pixels)) }));
  const told = { name, classes: confusion.length, ...(classNames && { classNames }), confusion: counted, wrong: shown };
  return JSON.stringify({ format: 1, ...facts, ...told });
}

/** Undefined for what is none: it can be made again. */
export function decodeJudgement(text: string): KeptJudgement | undefined {
  const found = parsed(text);
  if (!found) return undefined;
  const { weights, seed, date, adapter, name, classes, classNames, ...rest } = found;
  const confusion = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  for (const [label, predicted, images] of rest.confusion) {
    const row = confusion[label];
    if (!row || predicted >= classes) return undefined;
    row[predicted] = images;
  }
  const wrong = rest.wrong.map(({ pixels, ...one }) => ({ ...one, pixels: fromBase64(pixels) ?? new Uint8Array() }));
  return { weights, seed, date, adapter, judged: { name, ...(classNames && { classNames }), confusion, wrong } };
}

function parsed(text: string): v.InferOutput<typeof schema> | undefined {
  try {
    const found = v.safeParse(schema, JSON.parse(text));
    return found.success ? found.output : undefined;
  } catch {
    return undefined;
  }
}

/** SHA-256 of weights, by their names, shapes and values. */
export function digestOf(weights: Weights): string {
  const hash = createHash('sha256');
  for (const [name, { shape, data }] of [...weights].sort(([a], [b]) => (a < b ? -1 : 1)))
    hash.update(`${name} ${shape.join()}\n`).update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  return hash.digest('hex');
}

/** Where the judgement of a trial's best training is kept; undefined where no training came to an accuracy. */
export function judgementPath(folder: string, record: TrialRecord): string | undefined {
  const best = bestReplica(record);
  return best && join(folder, 'judged', `${record.key}-${best.replica}.json`);
}

export async function readJudgement(path: string): Promise<KeptJudgement | undefined> {
  const bytes = await readBytes(path).catch(() => undefined);
  return bytes && decodeJudgement(new TextDecoder().decode(bytes));
}

/** Makes no study's folder: one that is gone stays so. Throws a DataError for a path that can't be written. */
export async function writeJudgement(folder: string, path: string, text: string): Promise<void> {
  await access(folder);
  await writeFileAtomic(path, text);
}
