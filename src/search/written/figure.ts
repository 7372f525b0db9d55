import * as v from 'valibot';
import { fromJsonNumber } from '../../core/json.ts';

/** A measured number, which may be NaN or infinite, as `toJson` writes it. */
export const figure = v.pipe(
  v.unknown(),
  v.transform(fromJsonNumber),
  v.custom<number>((value) => typeof value === 'number', 'Expected a number, "NaN", "Infinity" or "-Infinity"'),
);
