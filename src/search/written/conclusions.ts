import * as v from 'valibot';
import { toJson } from '../../core/json.ts';
import { parseModel } from '../../model/model.ts';
import type { Conclusion } from '../conclusion.ts';
import { costsOf } from '../costs.ts';
import { figure } from './figure.ts';

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
          bytes: v.optional(v.number()),
          seeds: v.array(v.number()),
          validation: figures,
          confirmation: v.optional(figures),
          test: figures,
        }),
      ),
      best: v.optional(v.string()),
      testHash: v.optional(v.string()),
      date: v.string(),
    }),
  ),
});

/** The conclusions that a conclusions.json holds. Throws for what is none. */
export function conclusionsFrom(json: unknown): Conclusion[] {
  return v.parse(schema, json).conclusions.map(({ finalists, ...rest }) => ({
    ...rest,
    finalists: finalists.map(({ model: described, latency, bytes, ...finalist }) => {
      const model = parseModel(described);
      return {
        ...finalist,
        model,
        costs: { ...costsOf(model), ...(latency !== undefined && { latency }), ...(bytes !== undefined && { bytes }) },
      };
    }),
  }));
}

/** What the test set has said in a study, as its conclusions.json. */
export function encodeConclusions(conclusions: readonly Conclusion[]): string {
  const plain = conclusions.map(({ finalists, ...rest }) => ({
    ...rest,
    finalists: finalists.map(({ costs: { latency, bytes }, ...finalist }) => ({
      ...finalist,
      latency,
      // Those of files, which the model alone does not tell.
      ...(bytes !== costsOf(finalist.model).bytes && { bytes }),
    })),
  }));
  return `${toJson({ format: 1, conclusions: plain }, 2)}\n`;
}
