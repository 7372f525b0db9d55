import { isRecord, type Kind } from '../core/arguments.ts';
import { canonicalJson } from '../core/json.ts';
import { isModel, parseModel } from './model.ts';

export const MODEL: Kind = {
  description: 'a Model, which `model([28, 28, 1], [...layers])` gives, or `parseModel(json)` for one from a file',
  is: isComplete,
};

export const WEIGHTS: Kind = {
  description: 'Weights, a Map of values by name, which `await trainer.weights()` and `await load(path)` give',
  is: (value) => value instanceof Map,
};

/** One that was made by hand, or comes from JSON, must be what `parseModel` would make of it, which says what is wrong with it. */
function isComplete(value: unknown): boolean {
  if (isModel(value)) return true;
  return isRecord(value) && 'format' in value && 'layers' in value && canonicalJson(parseModel(value)) === canonicalJson(value);
}
