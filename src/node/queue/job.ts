import * as v from 'valibot';
import { DataError } from '../../core/errors.ts';
import { fromJson, toJson } from '../../core/json.ts';
import { parseModel } from '../../model/model.ts';
import type { Evaluated, EvaluateOptions } from '../../search/run.ts';
import { makeTrial, type Outcome, type TrainedBy, type Trial } from '../../search/trial.ts';
import { errorFrom, type PlainError, plainError } from '../plain-error.ts';

/** What is asked of a trial, as JSON can hold it. */
export type JobOptions = Omit<EvaluateOptions, 'initial' | 'signal'>;

/** What a job of BullMQ holds. */
export interface JobData {
  /** As JSON; the costs are those of its network. */
  readonly trial: string;
  readonly options: JobOptions;
  /** It begins with weights, which lie beside it. */
  readonly begins: boolean;
  /** The workers that lost what trained it, each time. */
  readonly lostBy: readonly string[];
}

/** A trial of which more is wanted is another job than the same one. */
export function jobId({ key }: Trial, { keep, confirm, importance, measure }: EvaluateOptions): string {
  const wanted = Object.entries({ keep, confirm, importance, measure }).flatMap(([name, asked]) => (asked ? [name] : []));
  return [key, ...wanted].join('-');
}

export function jobData(trial: Trial, { initial, signal: _, ...options }: EvaluateOptions): JobData {
  const { costs: __, ...described } = trial;
  return { trial: toJson(described), options, begins: initial !== undefined, lostBy: [] };
}

/** The trial of a job. Throws a DataError where it is not the one that its key tells: made by other rules than those here. */
export function trialOf(context: object, { trial }: Pick<JobData, 'trial'>): Trial {
  const { key, model, ...rest } = fromJson(trial) as Trial;
  const made = makeTrial(context, { ...rest, model: parseModel(model) });
  if (made.key !== key)
    throw new DataError(`The trial ${key} is ${made.key} by the rules of this version: another one put it there`);
  return made;
}

/** What a worker answers: the outcome, or what was thrown. */
export type Answer =
  | {
      readonly evaluated: Omit<Evaluated, 'weights'>;
      readonly weights: number;
      /** Of the hold under which its weights lie. */
      readonly token: string;
      readonly by: TrainedBy;
    }
  | { readonly failed: PlainError; readonly by: TrainedBy };

const by = v.object({ adapter: v.string(), version: v.string(), worker: v.string() });
const schema = v.union([
  v.object({
    evaluated: v.looseObject({
      outcome: v.custom<Outcome>((value) => typeof (value as Outcome | undefined)?.status === 'string'),
    }),
    weights: v.number(),
    token: v.string(),
    by,
  }),
  v.object({ failed: v.looseObject({ name: v.string(), message: v.string(), fields: v.record(v.string(), v.unknown()) }), by }),
]);

export function encodeAnswer({ weights = [], ...evaluated }: Evaluated, token: string, trainedBy: TrainedBy): string {
  return toJson({ evaluated, weights: weights.length, token, by: trainedBy } satisfies Answer);
}

export function encodeFailure(error: unknown, trainedBy: TrainedBy): string {
  return toJson({ failed: plainError(error), by: trainedBy } satisfies Answer);
}

/** Throws a DataError for what no worker writes. */
export function decodeAnswer(text: unknown): Answer {
  try {
    return v.parse(schema, fromJson(String(text))) as Answer;
  } catch (cause) {
    throw new DataError(`The queue holds an answer that is none: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
  }
}

export function failureOf({ failed, by: { worker } }: Extract<Answer, { failed: PlainError }>): Error {
  return errorFrom({ ...failed, message: `${failed.message} (on the worker ${worker})` });
}
