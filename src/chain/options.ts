import { has, isRecord, refuseUnknown } from '../core/arguments.ts';
import { OptionError, ShapeError } from '../core/errors.ts';
import { shown } from '../core/shown.ts';
import { formatShape, sameShape } from '../core/value.ts';
import type { Dataset } from '../data/dataset.ts';
import { datasetHash } from '../data/hash.ts';
import { checkedInput, checkInputFits, type InputDescription } from '../data/input-description.ts';
import { describe } from '../model/describe.ts';
import { modelHash } from '../model/hash.ts';
import type { Model } from '../model/types.ts';
import { checkWeights, type Weights } from '../model/weights.ts';
import { LEAST_SEEDS } from '../search/bound.ts';
import { FORMATS, type Format } from '../search/file-formats.ts';
import { startKey } from '../search/inherit/initial.ts';
import { checkCount, checkRate, checkSignal, inRange } from '../train/checks.ts';
import { distillation } from '../train/losses/distillation.ts';
import type { Chain } from './chain.ts';
import type { FineTuning } from './fine-tune.ts';
import type { ChainStudy } from './study.ts';

/** What is compressed. */
export interface TrainedNetwork {
  readonly model: Model;
  readonly weights: Weights;
  /** What the model takes, if the file is to tell it [left out, since it takes bytes]. */
  readonly input?: InputDescription;
}

export interface CompressData {
  readonly train: Dataset;
  readonly validation: Dataset;
  /** By which nothing is chosen: the floor is held on these. `keptBack` makes them [none: it is held on `validation`]. */
  readonly confirmation?: Dataset;
  /** Is looked at once, at the end [not at all]. */
  readonly test?: Dataset;
}

export interface CompressOptions extends Partial<FineTuning> {
  /** The validation accuracy that has to be held, between 0 and 1. */
  readonly floor: number;
  /** What leaves, and whose bytes count: 'compressed', 'tflite', or 'c', the bytes of its constants ['compressed']. */
  readonly to?: Format;
  /** Of fine-tuning, which decide whether the floor is held; at least 5 [5]. */
  readonly seeds?: number;
  /** Of the whole, the trials of the study included [until nothing smaller holds the floor]. */
  readonly minutes?: number;
  /** Where trials are kept and found again [in memory]. */
  readonly study?: ChainStudy;
  /** Is told of each chain as it is begun: how many seeds, and the milliseconds that are left, infinite without a budget. */
  readonly onBegin?: (chain: Chain, seeds: number, leftMs: number) => void;
  readonly signal?: AbortSignal;
}

/** Every choice made. */
export interface CompressSettings {
  readonly floor: number;
  readonly format: Format;
  readonly seeds: readonly number[];
  readonly tuning: FineTuning;
}

const NAMES = 'floor to seeds epochs batch learningRate distillation minutes study onBegin signal'.split(' ');

/** Throws an OptionError that names the first that is wrong. */
export function compressSettings({ train }: CompressData, options: CompressOptions): CompressSettings {
  refuseUnknown('compress', options, NAMES);
  const { floor, to = 'compressed', seeds = LEAST_SEEDS, epochs = 3, batch = 64, learningRate = 1e-3 } = options;
  inRange('compress: floor', floor, (n) => n > 0 && n < 1, 'between 0 and 1, such as 0.98 for 98%');
  if (!FORMATS.includes(to)) throw new OptionError(`compress: to must be one of ${FORMATS.join(', ')}, got ${shown(to)}`);
  const enough = (n: number) => Number.isInteger(n) && n >= LEAST_SEEDS && n <= 100;
  inRange('compress: seeds', seeds, enough, `an integer from ${LEAST_SEEDS} to 100`);
  inRange('compress: epochs', epochs, (n) => n > 0, 'above 0');
  checkCount('compress: batch', batch);
  checkRate('compress: learningRate', learningRate);
  if (options.minutes !== undefined) inRange('compress: minutes', options.minutes, (n) => n > 0, 'above 0');
  checkSignal('compress', options.signal);
  const { study, onBegin, distillation } = options;
  if (distillation !== undefined) checkDistillation(distillation);
  if (study !== undefined && !(has(study, 'records') && has(study, 'add')))
    throw new OptionError(
      `compress: study must be a ChainStudy, got ${shown(study)}; write study: await openChainStudy('runs/x', await compressContext(network, data, options))`,
    );
  if (onBegin !== undefined && typeof onBegin !== 'function')
    throw new OptionError(`compress: onBegin must be a function, got ${shown(onBegin)}`);
  if (train.classes === undefined) throw new OptionError('compress: the data must have classes, of which the accuracy is held');
  const tuning = { epochs, batch: Math.min(batch, train.size), learningRate, ...(distillation && { distillation }) };
  return { floor, format: to, seeds: Array.from({ length: seeds }, (_, index) => index + 1), tuning };
}

function checkDistillation(given: unknown): void {
  if (!isRecord(given))
    throw new OptionError(
      `compress: distillation must be { temperature, weight }, such as { temperature: 4, weight: 0.9 }, got ${shown(given)}`,
    );
  refuseUnknown('compress: distillation', given, ['temperature', 'weight']);
  const { temperature, weight } = distillation.options;
  inRange('compress: the temperature of distillation', given.temperature, temperature.allows, temperature.expected);
  inRange('compress: the weight of distillation', given.weight, weight.allows, weight.expected);
}

/** Throws an OptionError or ShapeError for weights of another model, and for data or an input that do not fit it. */
export function checkNetwork({ model, weights, input }: TrainedNetwork, { train, validation, confirmation, test }: CompressData) {
  checkWeights(model, weights);
  const output = describe(model).layers.at(-1)?.outputShape ?? model.input;
  if (input) checkInputFits('compress: input', checkedInput('compress: input', input), model.input, output);
  for (const [split, data] of Object.entries({ train, validation, confirmation, test }))
    if (data && !sameShape(data.inputShape, model.input))
      throw new ShapeError(
        `compress: the model takes samples of ${formatShape(model.input)}, the ${split} data have ${formatShape(data.inputShape)}`,
      );
}

/** All that decides what a chain comes to, but the chain and its seeds: part of the key of every trial. */
export async function compressContext(
  { model, weights, input }: TrainedNetwork,
  data: CompressData,
  options: CompressOptions,
): Promise<object> {
  const { format, tuning } = compressSettings(data, options);
  const { train, validation, confirmation } = data;
  return {
    network: { model: modelHash(model), weights: startKey(weights), ...(input && { input }) },
    data: {
      train: await datasetHash(train),
      validation: await datasetHash(validation),
      ...(confirmation && { confirmation: await datasetHash(confirmation) }),
    },
    format,
    tuning,
  };
}
