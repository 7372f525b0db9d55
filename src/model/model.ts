import { refuseUnknown } from '../core/arguments.ts';
import { OptionError, ShapeError } from '../core/errors.ts';
import { shown } from '../core/shown.ts';
import { checkShape } from '../core/value.ts';
import { completeLayers } from './complete.ts';
import { checkCounts } from './describe.ts';
import { asFields } from './fields.ts';
import { deepFreeze } from './freeze.ts';
import { resolve } from './resolve.ts';
import type { InputShape, Layer, Model } from './types.ts';

const made = new WeakSet<object>();

/** Whether `model` made it. */
export function isModel(value: unknown): boolean {
  return typeof value === 'object' && value !== null && made.has(value);
}

export function model(input: InputShape, layers: readonly Layer[]): Model {
  const complete = completeLayers('layers', '', layers);
  if (complete.length === 0) throw new OptionError('layers: a model needs at least one layer, got none');
  const built: Model = deepFreeze({ format: 1, input: checkInput(input), layers: complete });
  checkCounts(built.input, resolve(built));
  made.add(built);
  return built;
}

/** The model of parsed JSON; throws as `model` does, and an OptionError when it is no model of format 1. */
export function parseModel(json: unknown): Model {
  const fields = asFields('model', 'a model', json);
  refuseUnknown('model', fields, ['format', 'input', 'layers'], 'field');
  if (fields.format !== 1)
    throw new OptionError(`model: format must be 1, the only one this version reads, got ${shown(fields.format)}`);
  return model(fields.input as InputShape, fields.layers as readonly Layer[]);
}

function checkInput(input: unknown): InputShape {
  if (!Array.isArray(input) || (input.length !== 3 && input.length !== 1))
    throw new OptionError(`input must be [height, width, channels] or [size], got ${shown(input)}`);
  if (!input.every((size) => Number.isSafeInteger(size) && size >= 1))
    throw new ShapeError(`input: every size must be a positive integer, got ${shown(input)}`);
  checkShape('input', input);
  return input.length === 3 ? [input[0], input[1], input[2]] : [input[0]];
}
