import { isRecord } from '../../core/arguments.ts';
import { DataError } from '../../core/errors.ts';
import { elements, type Value } from '../../core/value.ts';
import type { InputDescription } from '../../data/input-description.ts';
import { inputOf } from '../../formats/kind.ts';
import { parseModel } from '../../model/model.ts';
import { parametersOf } from '../../model/resolve.ts';
import type { Model } from '../../model/types.ts';
import type { Weights } from '../../model/weights.ts';
import { dequantizedWeights } from '../../quantize/dequantized.ts';
import { isQuantized } from '../../quantize/kind.ts';
import type { QuantizedModel } from '../../quantize/types.ts';
import { BitModel } from './bit-model.ts';
import type { Coder } from './coder.ts';
import { JsonCoder } from './json-coder.ts';
import type { PartEnded } from './parts.ts';
import { QuantizedCoder } from './quantized-coder.ts';
import { shortLayers } from './short-layers.ts';
import { TensorCoder } from './tensor-coder.ts';

/** What a compressed file holds. */
export interface CompressedContent {
  readonly model: Model;
  readonly weights: Weights;
  readonly input?: InputDescription;
  readonly about?: Readonly<Record<string, unknown>>;
  /** The integers that the weights are of, where they are of any. */
  readonly quantized?: QuantizedModel;
}

/** How seldom a file tells of what need not be told. */
const SELDOM = 1 / 16;

/** Codes a file's content from its first bit to its last, or reads it; `most`: elements that a reader believes there to be. */
export function codeContent(
  coder: Coder,
  most: number,
  given: CompressedContent | undefined,
  ended: PartEnded = () => {},
): CompressedContent {
  const json = new JsonCoder(coder);
  const model = codedModel(json, given?.model);
  ended('model');
  const optional = (name: string, value: unknown): unknown => {
    if (coder.bit(new BitModel(SELDOM), value === undefined ? 0 : 1) === 0) return undefined;
    const found = json.value(name, value);
    ended(name);
    return found;
  };
  const input = optional('input', given?.input && asJson(withoutShape(given.input)));
  const about = optional('about', given?.about && asJson(given.about));
  const told = {
    model,
    ...(input !== undefined && { input: describedInput(input, model) }),
    ...(isRecord(about) && { about }),
  };
  checkElements(model, most);
  const tensors = new TensorCoder(coder);
  if (coder.bit(new BitModel(), given?.quantized ? 1 : 0) === 0)
    return { ...told, weights: codedWeights(tensors, model, given?.weights, ended) };
  const codeIntegers = () => new QuantizedCoder(coder, tensors, model, ended).code(given?.quantized);
  const quantizedOf = () => ({ model, ...codeIntegers(), ...(told.input && { input: told.input }) });
  const quantized = coder.writes ? quantizedOf() : damaged('network in integers', () => checkedQuantized(quantizedOf()));
  return { ...told, weights: dequantizedWeights(quantized), quantized };
}

/** Throws what `predictor` would throw of it. */
function checkedQuantized(quantized: QuantizedModel): QuantizedModel {
  isQuantized(quantized);
  return quantized;
}

function codedWeights(tensors: TensorCoder, model: Model, given: Weights | undefined, ended: PartEnded): Weights {
  const weights = new Map<string, Value>();
  for (const { name, shape } of parametersOf(model)) {
    const { form, data } = tensors.tensor(shape, given?.get(name)?.data ?? new Float32Array());
    ended(name, { elements: data.length, form });
    weights.set(name, { shape, data });
  }
  return weights;
}

function codedModel(json: JsonCoder, model: Model | undefined): Model {
  const input = json.value('model', model && [...model.input]);
  const layers = json.value('layers', model && shortLayers(model.layers));
  return model ?? damaged('model', () => parseModel({ format: 1, input, layers }));
}

function describedInput(input: unknown, model: Model): InputDescription {
  return damaged('description of the input', () => inputOf('compressed model: input', withShape(input, model), model));
}

/** The shape is the model's. */
function withShape(input: unknown, model: Model): unknown {
  return isRecord(input) ? { shape: model.input, ...input } : input;
}

function withoutShape({ shape: _, ...rest }: InputDescription): object {
  return rest;
}

/** As JSON keeps it. */
function asJson(value: object): unknown {
  return JSON.parse(JSON.stringify(value));
}

function damaged<T>(what: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause);
    throw new DataError(`compressed model: its ${what} is damaged: ${detail}`, { cause });
  }
}

function checkElements(model: Model, most: number): void {
  const count = parametersOf(model).reduce((sum, { shape }) => sum + elements(shape), 0);
  if (count > most)
    throw new DataError(
      `compressed model: its model has ${count} weights, more than a file of this size can hold; it is damaged`,
    );
}
