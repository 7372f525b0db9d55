import { OptionError } from '../core/errors.ts';
import { checkSeed } from '../core/random.ts';
import type { Gpu } from '../gpu/gpu.ts';
import type { OptimizerSpec } from '../kernels/optimizer.ts';
import type { Schedule } from '../kernels/schedule.ts';
import type { Precision } from '../plan/lower.ts';
import type { TuneMode } from '../tune/tuner.ts';

/** An optimizer as users make it with `adam` or `sgd`; plain data. */
export type Optimizer = OptimizerSpec & { readonly learningRate: number };

export type LossName = 'softmaxCrossEntropy' | 'meanSquaredError';

export interface TrainerOptions {
  /** Samples a step. */
  readonly batch: number;
  readonly optimizer: Optimizer;
  readonly loss?: LossName;
  readonly labelSmoothing?: number;
  /** Of weights, order of the samples and dropout; one a replica where it is a list. */
  readonly seed?: number | readonly number[];
  /** One a replica, instead of the optimizer's. */
  readonly learningRates?: readonly number[];
  readonly replicas?: number;
  readonly schedule?: Schedule;
  /** Measure kernel variants ['off': a table by kind of adapter decides]; what was measured is remembered in the user's cache. */
  readonly tune?: 'off' | TuneMode;
  /** 'mixed': activations, and weights as factors of products, in f16; sums and the weights that are trained in f32 ['f32']. */
  readonly precision?: Precision;
  readonly signal?: AbortSignal;
}

/** Every choice made. */
export interface TrainerSettings {
  readonly batch: number;
  readonly optimizer: OptimizerSpec;
  readonly loss: LossName;
  readonly labelSmoothing: number;
  readonly replicas: number;
  readonly seeds: readonly number[];
  readonly learningRates: readonly number[];
  readonly schedule: Schedule;
  readonly tune: 'off' | TuneMode;
  readonly precision: Precision;
}

/** Adam: Kingma and Ba, 2015. */
export function adam({
  learningRate = 1e-3,
  beta1 = 0.9,
  beta2 = 0.999,
  epsilon = 1e-8,
  ...rest
}: {
  learningRate?: number;
  beta1?: number;
  beta2?: number;
  epsilon?: number;
} = {}): Optimizer {
  refuseUnknown('adam', rest, 'learningRate, beta1, beta2, epsilon');
  checkRate('adam: learningRate', learningRate);
  inRange('adam: beta1', beta1, (n) => n >= 0 && n < 1, 'at least 0 and below 1');
  inRange('adam: beta2', beta2, (n) => n >= 0 && n < 1, 'at least 0 and below 1');
  inRange('adam: epsilon', epsilon, (n) => n > 0, 'positive');
  return Object.freeze({ type: 'adam', learningRate, beta1, beta2, epsilon });
}

/** Stochastic gradient descent: m = momentum m + g, w -= learningRate m. */
export function sgd({ learningRate, momentum = 0, ...rest }: { learningRate: number; momentum?: number }): Optimizer {
  refuseUnknown('sgd', rest, 'learningRate, momentum');
  checkRate('sgd: learningRate', learningRate);
  inRange('sgd: momentum', momentum, (n) => n >= 0 && n < 1, 'at least 0 and below 1');
  return Object.freeze({ type: 'sgd', learningRate, momentum });
}

/** Checks the options of a trainer and fills in defaults. Throws an OptionError that names the first that is wrong. */
export function trainerSettings(options: TrainerOptions): TrainerSettings {
  const {
    batch,
    optimizer,
    loss = 'softmaxCrossEntropy',
    labelSmoothing = 0,
    seed = 0,
    learningRates,
    replicas = 1,
    schedule = { type: 'constant' },
    tune = 'off',
    precision = 'f32',
    signal,
    ...rest
  } = options;
  refuseUnknown(
    'trainer',
    rest,
    'batch, optimizer, loss, labelSmoothing, seed, learningRates, replicas, schedule, tune, precision, signal',
  );
  checkCount('trainer: batch', batch);
  checkCount('trainer: replicas', replicas);
  if (optimizer?.type !== 'adam' && optimizer?.type !== 'sgd')
    throw new OptionError(`trainer: optimizer must be made with adam() or sgd(), got ${JSON.stringify(optimizer)}`);
  if (loss !== 'softmaxCrossEntropy' && loss !== 'meanSquaredError')
    throw new OptionError(`trainer: loss must be 'softmaxCrossEntropy' or 'meanSquaredError', got ${String(loss)}`);
  inRange('trainer: labelSmoothing', labelSmoothing, (n) => n >= 0 && n < 1, 'at least 0 and below 1');
  if (labelSmoothing > 0 && loss !== 'softmaxCrossEntropy')
    throw new OptionError('trainer: labelSmoothing belongs to softmaxCrossEntropy');
  checkTune('trainer', tune);
  if (precision !== 'f32' && precision !== 'mixed')
    throw new OptionError(`trainer: precision must be 'f32' or 'mixed', got ${String(precision)}`);
  checkSignal('trainer', signal);
  if (typeof seed !== 'number' && !Array.isArray(seed))
    throw new OptionError(`trainer: seed must be an integer, or a list of one for each replica, got ${String(seed)}`);
  if (learningRates !== undefined && !Array.isArray(learningRates))
    throw new OptionError(`trainer: learningRates must be a list of one for each replica, got ${String(learningRates)}`);
  const seeds = typeof seed === 'number' ? Array.from({ length: replicas }, (_, replica) => seed + replica) : [...seed];
  if (seeds.length !== replicas)
    throw new OptionError(`trainer: ${seeds.length} seeds for ${replicas} replicas; give one a replica`);
  for (const one of seeds) checkSeed('trainer: seed', one);
  const { type, ...chosen } = optimizer;
  // Made by hand, it may lack or break what adam() and sgd() see to.
  const { learningRate, ...spec } = type === 'adam' ? adam(chosen) : sgd(chosen);
  const rates = learningRates ? [...learningRates] : Array.from({ length: replicas }, () => learningRate);
  if (rates.length !== replicas)
    throw new OptionError(`trainer: ${rates.length} learning rates for ${replicas} replicas; give one a replica`);
  for (const rate of rates) checkRate('trainer: learningRates', rate);
  return {
    batch,
    optimizer: spec,
    loss,
    labelSmoothing,
    replicas,
    seeds,
    learningRates: rates,
    schedule: checkSchedule(schedule),
    precision,
    tune,
  };
}

/** Throws an OptionError where an adapter lacks what a precision needs. */
export function checkPrecision({ features, info }: Gpu, precision: Precision): void {
  if (precision === 'mixed' && !features.has('shader-f16'))
    throw new OptionError(
      `trainer: precision 'mixed' needs 16-bit floats (the WebGPU feature shader-f16), which the adapter '${info.description || info.vendor}' does not offer; use precision 'f32', or another adapter`,
    );
}

function checkSchedule(schedule: Schedule): Schedule {
  switch (schedule?.type) {
    case 'constant':
      return schedule;
    case 'step':
      checkCount('schedule: every', schedule.every);
      inRange('schedule: factor', schedule.factor, (n) => n > 0, 'positive');
      return schedule;
    case 'exponential':
      checkCount('schedule: every', schedule.every);
      inRange('schedule: rate', schedule.rate, (n) => n > 0, 'positive');
      inRange('schedule: floor', schedule.floor ?? 0, (n) => n >= 0 && n <= 1, 'a share from 0 to 1');
      return schedule;
    case 'cosine':
      checkCount('schedule: steps', schedule.steps);
      inRange(
        'schedule: warmup',
        schedule.warmup ?? 0,
        (n) => Number.isSafeInteger(n) && n >= 0 && n < schedule.steps,
        'an integer of at least 0 and below steps',
      );
      inRange('schedule: floor', schedule.floor ?? 0, (n) => n >= 0 && n <= 1, 'a share from 0 to 1');
      return schedule;
    default:
      throw new OptionError(
        `schedule: type must be 'constant', 'step', 'exponential' or 'cosine', got ${JSON.stringify(schedule)}`,
      );
  }
}

export function checkCount(what: string, value: unknown): void {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 1)
    throw new OptionError(`${what} must be a positive integer, got ${String(value)}`);
}

export function checkTune(where: string, tune: unknown): void {
  if (tune !== 'off' && tune !== 'quick' && tune !== 'full')
    throw new OptionError(`${where}: tune must be 'off', 'quick' or 'full', got ${String(tune)}`);
}

export function checkSignal(where: string, signal: unknown): void {
  if (signal !== undefined && typeof (signal as AbortSignal | null)?.addEventListener !== 'function')
    throw new OptionError(`${where}: signal must be an AbortSignal, got ${String(signal)}`);
}

function checkRate(what: string, value: unknown): void {
  inRange(what, value, (n) => n > 0, 'a positive number');
}

function inRange(what: string, value: unknown, holds: (n: number) => boolean, range: string): void {
  if (typeof value !== 'number' || !Number.isFinite(Math.fround(value)) || !holds(value))
    throw new OptionError(`${what} must be ${range}, got ${String(value)}`);
}

/** Throws an OptionError for what is left of an options object after the known ones were taken out. */
export function refuseUnknown(where: string, rest: object, known: string): void {
  const [unknown] = Object.keys(rest);
  if (unknown !== undefined) throw new OptionError(`${where}: unknown option '${unknown}'; it takes ${known}`);
}
