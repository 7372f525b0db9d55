import * as v from 'valibot';
import { DataError } from '../../core/errors.ts';
import { parseModel } from '../../model/model.ts';
import { objective } from '../costs.ts';
import { parseRecipe } from '../recipe.ts';
import { parseChoices } from '../recipe-choices.ts';
import { parseSpace } from '../space/space.ts';
import type { Problem } from '../strategy.ts';

/** What a study was begun with, in its study.json: all that another process needs to go on with it, or to show it. */
export interface StudySettings {
  readonly problem: Problem;
  readonly strategy: string;
  readonly lag: number;
  /** As `GpuEvaluator`'s: of every trial's key. */
  readonly context: object;
  readonly data: {
    readonly name: string;
    readonly train: number;
    readonly validation: number;
    /** Samples that were kept back of the validation data for confirmations; studies of before keep none. */
    readonly confirmation?: number;
    readonly test?: number;
    /** Where it comes from, as the program that made the study says it. */
    readonly source: object;
  };
  readonly software: { readonly version: string; readonly adapter: string };
  readonly command?: string;
  /** In ISO 8601. */
  readonly created: string;
}

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const costs = v.record(v.string(), v.number());
const schema = v.object({
  format: v.literal(1),
  problem: v.object({
    input: v.tuple([count, count, count]),
    classes: count,
    space: v.unknown(),
    objective: v.object({ weights: costs, limits: costs }),
    floor: v.number(),
    rungs: v.array(count),
    rates: v.array(v.number()),
    seeds: v.array(count),
    start: v.optional(v.unknown()),
    startWeights: v.optional(v.string()),
    inheriting: v.optional(v.number()),
    recipes: v.optional(v.unknown()),
    seed: v.number(),
    leaves: v.optional(v.unknown()),
  }),
  strategy: v.string(),
  lag: count,
  context: v.looseObject({}),
  data: v.object({
    name: v.string(),
    train: count,
    validation: count,
    confirmation: v.optional(count),
    test: v.optional(count),
    source: v.looseObject({}),
  }),
  software: v.object({ version: v.string(), adapter: v.string() }),
  command: v.optional(v.string()),
  created: v.string(),
});

/** The settings that a study.json holds. Throws for what is none. */
export function settingsFrom(json: unknown): StudySettings {
  const format = typeof json === 'object' && json !== null && 'format' in json ? json.format : undefined;
  if (format !== 1) throw new DataError(`it is of format ${JSON.stringify(format)}, and this version reads format 1`);
  const { format: _, problem, ...settings } = v.parse(schema, json);
  const {
    space,
    start,
    recipes,
    leaves,
    objective: { weights, limits },
    ...rest
  } = problem;
  return {
    ...settings,
    problem: {
      ...rest,
      space: parseSpace(space),
      objective: objective(weights, limits),
      ...(start !== undefined && { start: parseModel(start) }),
      ...(recipes !== undefined && { recipes: parseChoices(recipes) }),
      ...parseRecipe(leaves === undefined ? {} : { leaves }),
    },
  };
}

/** What a study was begun with, as its study.json. */
export function encodeSettings(settings: StudySettings): string {
  return `${JSON.stringify({ format: 1, ...settings }, undefined, 2)}\n`;
}
