import * as v from 'valibot';
import { DataError } from '../../core/errors.ts';
import { toJson } from '../../core/json.ts';
import { parseModel } from '../../model/model.ts';
import { withoutDivergedRates } from '../diverged-rates.ts';
import { parseRecipe } from '../recipe.ts';
import { leavesIn, makeTrial, type TrialRecord } from '../trial.ts';
import { figure } from './figure.ts';

/** A line of trials.jsonl. */
const numbers = v.array(v.number());
const dropped = v.object({ rates: numbers, after: v.number() });
const curve = v.object({ samples: numbers, loss: v.array(v.array(figure)), accuracy: v.array(v.array(figure)) });
const schema = v.object({
  format: v.literal(1),
  key: v.string(),
  model: v.unknown(),
  number: v.pipe(v.number(), v.integer(), v.minValue(0)),
  samples: v.number(),
  seeds: numbers,
  rates: numbers,
  recipe: v.optional(v.unknown()),
  inherits: v.optional(v.object({ key: v.string(), replica: v.pipe(v.number(), v.integer(), v.minValue(0)) })),
  origin: v.object({
    strategy: v.string(),
    parent: v.optional(v.string()),
    change: v.string(),
    family: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(100_000))),
  }),
  outcome: v.variant('status', [
    v.object({
      status: v.literal('trained'),
      accuracy: v.array(figure),
      loss: v.array(figure),
      confirmation: v.optional(v.array(figure)),
      rates: v.optional(numbers),
      importance: v.optional(v.record(v.string(), v.array(figure))),
      dropped: v.optional(dropped),
      curve: v.optional(curve),
    }),
    v.object({
      status: v.literal('stopped'),
      reason: v.string(),
      after: v.number(),
      dropped: v.optional(dropped),
      curve: v.optional(curve),
    }),
    v.object({ status: v.picklist(['diverged', 'refused']), reason: v.string() }),
  ]),
  latency: v.optional(v.number()),
  bytes: v.optional(v.number()),
  wallMs: v.number(),
  trainedBy: v.optional(v.object({ adapter: v.string(), version: v.string(), worker: v.string() })),
});

/** A finished trial as a line of trials.jsonl, without the line's end. `context`: that of its study. */
export function encodeTrial(record: TrialRecord, context: object): string {
  const { costs, ...rest } = record;
  const { latency, bytes } = costs;
  const line = { ...rest, ...(latency !== undefined && { latency }), ...(leavesAsFile(record, context) && { bytes }) };
  return toJson({ format: 1, ...line });
}

/** Reads such a line. Throws a DataError for one that is damaged, of another version, or of other data or another training than `context`. */
export function decodeTrial(line: string, context: object): TrialRecord {
  const read = trialIn(line, context, []);
  if (typeof read === 'string') throw new DataError(`A line of trials.jsonl ${read}`);
  return read;
}

/** Whether a record's bytes are those of files, which only its training tells. */
function leavesAsFile({ recipe, outcome }: TrialRecord, context: object): boolean {
  return outcome.status === 'trained' && leavesIn(context, recipe) !== undefined;
}

/** What `trialIn` says of a trial of another study. */
export const FOREIGN = 'is of other data or another training than this study';

/** The record of a line of `known` records' study, or what is wrong with it. */
export function trialIn(line: string, context: object, known: readonly TrialRecord[]): TrialRecord | string {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch {
    return 'is damaged: it is not JSON';
  }
  if (typeof json === 'object' && json !== null && 'format' in json && json.format !== 1)
    return `is of format ${JSON.stringify(json.format)}; this version reads format 1`;
  const parsed = v.safeParse(schema, json);
  if (!parsed.success) return `is damaged: ${v.flatten(parsed.issues).root?.[0] ?? parsed.issues[0].message}`;
  const {
    format: _format,
    key,
    number,
    model: description,
    outcome,
    latency,
    bytes,
    wallMs,
    trainedBy,
    recipe,
    ...rest
  } = parsed.output;
  try {
    const trial = makeTrial(context, {
      ...rest,
      model: parseModel(description),
      ...(recipe !== undefined && { recipe: parseRecipe(recipe) }),
    });
    if (trial.key !== key) return FOREIGN;
    if (known.some((record) => record.key === key)) return `repeats the trial ${key}`;
    if (known.some((record) => record.number === number)) return `repeats the number ${number}`;
    const costs = { ...trial.costs, ...(latency !== undefined && { latency }), ...(bytes !== undefined && { bytes }) };
    // Version 0.1 wrote what is not finite as null, and called it trained.
    const kept = withoutDivergedRates(trial, { outcome }).outcome;
    return { ...trial, costs, number, outcome: kept, wallMs, ...(trainedBy && { trainedBy }) };
  } catch (error) {
    return `is damaged: ${error instanceof Error ? error.message : String(error)}`;
  }
}
