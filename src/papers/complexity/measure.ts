import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { abortError, DataError, DivergedError, LimitError, OptionError } from '../../core/errors.ts';
import { Steps } from '../../core/steps.ts';
import { type Dataset, dataset } from '../../data/dataset.ts';
import { datasetHash } from '../../data/hash.ts';
import { resizeArea } from '../../data/resize.ts';
import type { Gpu } from '../../gpu/gpu.ts';
import { describe } from '../../model/describe.ts';
import type { Model } from '../../model/types.ts';
import type { Configuration } from '../../search/fits/precision.ts';
import { OPTIMIZERS } from '../../train/optimizers/registry.ts';
import { trainer } from '../../train/trainer.ts';
import { arithmetic, networkOf } from './configuration.ts';

/** How every configuration is trained: Adam, whose rate falls to nothing along a cosine, one training a seed. */
export interface ComplexitySetup {
  readonly batch: number;
  readonly epochs: number;
  readonly learningRate: number;
  readonly seeds: readonly number[];
}

export type Measured =
  | {
      readonly status: 'trained';
      /** On validation data, one a seed. */
      readonly accuracy: readonly number[];
      /** The mean over the classes of the share that is recognised, one a seed. */
      readonly balancedAccuracy: readonly number[];
      readonly loss: readonly number[];
      /** Milliseconds of a training step by the study's clock: the least of the slices of a training, the median of the seeds. */
      readonly stepMs: number;
    }
  | { readonly status: 'diverged' | 'refused'; readonly reason: string };

/** A configuration that was measured. */
export interface Measurement {
  /** Hash of the configuration, the data and the training. */
  readonly key: string;
  readonly configuration: Configuration;
  readonly parameters: number;
  /** The sum of equation 1. */
  readonly multiplications: number;
  readonly outcome: Measured;
  readonly wallMs: number;
  readonly finished: string;
}

/** Where measurements are kept. */
export interface Measurements {
  readonly records: readonly Measurement[];
  /** Returns once the record would survive the end of the process. */
  add(record: Measurement): Promise<void>;
}

/** What times a training: a wall clock, or the processor time of this process, which others on the machine hardly change. */
export interface Clock {
  readonly name: string;
  milliseconds(): number;
}

export const WALL_CLOCK: Clock = { name: 'wall clock', milliseconds: () => performance.now() };

export interface MeasureOptions {
  readonly gpu: Gpu;
  /** Images of bytes [h, w, channels]; each configuration sees them averaged by area to its own size. */
  readonly data: { readonly train: Dataset; readonly validation: Dataset };
  readonly configurations: readonly Configuration[];
  readonly setup: ComplexitySetup;
  readonly store: Measurements;
  readonly clock?: Clock;
  readonly signal?: AbortSignal;
}

/** Slices of a training that are timed; the first, which compiles, is left out. */
const SLICES = 9;

/**
 * Trains and tests the configurations that `store` does not hold, one after the other, keeps each and yields it. An abort ends the
 * running one, which is lost, and throws an AbortError.
 */
export function measureConfigurations(options: MeasureOptions): AsyncGenerator<Measurement, void, undefined> {
  return new Steps(measurements(options), 'const measurement of measureConfigurations(...)');
}

async function* measurements(options: MeasureOptions): AsyncGenerator<Measurement, void, undefined> {
  const { data, configurations, setup, store, signal } = options;
  const { channels, classes } = checkImages(data);
  const steps = setup.epochs * Math.ceil(data.train.size / setup.batch);
  if (setup.batch > data.train.size)
    throw new OptionError(`A batch of ${setup.batch} is larger than the training data (${data.train.size} samples)`);
  if (steps < 2) throw new OptionError('A training must have at least 2 steps: the first compiles and is not timed');
  const context = await complexityContext(options);
  const sized = new Sizes(data);
  for (const configuration of configurations) {
    if (signal?.aborted) throw abortError(signal.reason);
    const key = keyOf(context, configuration);
    if (store.records.some((record) => record.key === key)) continue;
    const network = networkOf(configuration, channels, classes);
    const started = performance.now();
    const outcome = await measure(network, sized.at(configuration.size), steps, options);
    const record: Measurement = {
      key,
      configuration,
      parameters: describe(network).parameters,
      multiplications: arithmetic(configuration, channels),
      outcome,
      wallMs: performance.now() - started,
      finished: new Date().toISOString(),
    };
    await store.add(record);
    yield record;
  }
}

/** All that decides what a configuration comes to beside itself; the adapter and the clock too, since times are compared. */
export async function complexityContext({
  gpu,
  data,
  setup,
  clock = WALL_CLOCK,
}: Pick<MeasureOptions, 'gpu' | 'data' | 'setup' | 'clock'>): Promise<object> {
  const hashes = { train: await datasetHash(data.train), validation: await datasetHash(data.validation) };
  return { format: 1, setup, ...hashes, adapter: gpu.info.description, clock: clock.name };
}

export function keyOf(context: object, { filters, size, kernel, layers }: Configuration): string {
  return bytesToHex(sha256(utf8ToBytes(JSON.stringify([context, filters, size, kernel, layers])))).slice(0, 24);
}

async function measure(
  network: Model,
  { train, validation }: MeasureOptions['data'],
  steps: number,
  { gpu, setup, signal, clock = WALL_CLOCK }: MeasureOptions,
): Promise<Measured> {
  const { batch, learningRate, seeds } = setup;
  const schedule = { type: 'cosine', steps } as const;
  const results: { accuracy: number; balancedAccuracy: number; loss: number; stepMs: number }[] = [];
  try {
    for (const seed of seeds) {
      await using learner = await trainer(gpu, network, {
        batch,
        optimizer: OPTIMIZERS.adam.make({ learningRate }),
        schedule,
        seed,
        signal,
      });
      let before: { readonly step: number; readonly at: number } | undefined;
      let stepMs = Number.POSITIVE_INFINITY;
      for await (const { step } of learner.fit(train, { steps, reportEvery: Math.max(1, Math.floor(steps / SLICES)), signal })) {
        const at = clock.milliseconds();
        if (before) stepMs = Math.min(stepMs, (at - before.at) / (step - before.step));
        before = { step, at };
      }
      const { loss, accuracy = Number.NaN, confusion = [] } = await learner.evaluate(validation, { signal, confusion: true });
      results.push({ accuracy, balancedAccuracy: balanced(confusion), loss, stepMs });
    }
  } catch (error) {
    if (error instanceof DivergedError) return { status: 'diverged', reason: error.message };
    if (error instanceof LimitError) return { status: 'refused', reason: error.message };
    throw error;
  }
  return measured({
    status: 'trained',
    accuracy: results.map(({ accuracy }) => accuracy),
    balancedAccuracy: results.map(({ balancedAccuracy }) => balancedAccuracy),
    loss: results.map(({ loss }) => loss),
    stepMs: median(results.map(({ stepMs }) => stepMs)),
  });
}

/** What came of a training; one whose validation figures are not finite has diverged. */
export function measured(outcome: Measured): Measured {
  if (outcome.status !== 'trained') return outcome;
  for (const name of ['loss', 'accuracy', 'balancedAccuracy'] as const)
    for (const value of outcome[name])
      if (!Number.isFinite(value)) return { status: 'diverged', reason: `On validation data, ${name} became ${value}` };
  return outcome;
}

/** The mean, over the classes that occur, of the share of a class that is recognised; confusion[label][predicted]. */
export function balanced(confusion: readonly (readonly number[])[]): number {
  const shares = confusion.flatMap((row, label) => {
    const total = row.reduce((sum, count) => sum + count, 0);
    return total === 0 ? [] : [(row[label] ?? 0) / total];
  });
  return shares.reduce((sum, share) => sum + share, 0) / shares.length;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] ?? Number.NaN) + (sorted[Math.ceil(middle)] ?? Number.NaN)) / 2;
}

/** Throws a DataError for what are no images of bytes with classes. */
export function checkImages({ train, validation }: MeasureOptions['data']): { channels: number; classes: number } {
  for (const { name, split, x, inputShape, classes } of [train, validation])
    if (!(x instanceof Uint8Array) || inputShape.length !== 3 || classes === undefined)
      throw new DataError(
        `data set "${name}", split "${split}": a study of complexity needs images of bytes, [h, w, channels], with classes`,
      );
  if (train.inputShape.join() !== validation.inputShape.join() || train.classes !== validation.classes)
    throw new DataError(
      `Training and validation data differ: [${train.inputShape}] and ${train.classes} classes, [${validation.inputShape}] and ${validation.classes}`,
    );
  return { channels: train.inputShape[2] ?? 1, classes: train.classes ?? 0 };
}

/** The data at each size; each made once, and only that of the present size is kept. */
class Sizes {
  private present: { readonly size: number; readonly data: MeasureOptions['data'] } | undefined;

  constructor(private readonly data: MeasureOptions['data']) {}

  at(size: number): MeasureOptions['data'] {
    if (this.present?.size !== size) {
      const data = { train: resized(this.data.train, size), validation: resized(this.data.validation, size) };
      this.present = { size, data };
    }
    return this.present.data;
  }
}

function resized(data: Dataset, size: number): Dataset {
  const { inputShape, x } = data;
  const [rows = 0, columns = 0, channels = 1] = inputShape;
  if (!(x instanceof Uint8Array)) throw new DataError(`data set "${data.name}": only images of bytes can be resized`);
  if (rows === size && columns === size) return data;
  return dataset({ ...data, inputShape: [size, size, channels], x: resizeArea(x, [rows, columns, channels], [size, size]) });
}
