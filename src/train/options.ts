import type { Sharing } from '../compress/share.ts';
import { isRecord, refuseUnknown } from '../core/arguments.ts';
import { OptionError } from '../core/errors.ts';
import { checkSeed } from '../core/random.ts';
import { shown } from '../core/shown.ts';
import type { Gpu } from '../gpu/gpu.ts';
import type { AugmentationSpec } from '../kernels/augmentation.ts';
import type { Schedule } from '../kernels/schedule.ts';
import type { Precision } from '../plan/lower.ts';
import type { Bits } from '../quantize/types.ts';
import type { TuneMode } from '../tune/tuner.ts';
import { type Augmentation, augmentationSpec } from './augmentation.ts';
import { checkCount, checkRate, checkSignal, checkTune, inRange } from './checks.ts';
import { type ClassWeights, checkedClassWeights, checkedLoss, type Loss, type LossSettings } from './loss.ts';
import type { NamedLoss } from './losses/registry.ts';
import { checkedOptimizer, type Optimizer, type OptimizerSpec } from './optimizers/registry.ts';
import { checkedPruning, type PruningOptions, type PruningSettings } from './pruning/options.ts';
import { checkedQuantization, checkJudgedInIntegers, type QuantizationOptions } from './quantization/options.ts';

/** A moving average a of the weights w: a = d a + (1 - d) w after each step, d at most `decay`. */
export interface Averaging {
  readonly decay: number;
}

export interface TrainerOptions {
  /** Samples a step. */
  readonly batch: number;
  readonly optimizer: Optimizer;
  readonly loss?: Loss;
  readonly labelSmoothing?: number;
  /** By what the loss of a training sample of each class is multiplied, as Keras does it: the mean is still over the samples [1]. */
  readonly classWeights?: ClassWeights;
  /** Of weights, order of the samples and dropout; one a replica where it is a list. */
  readonly seed?: number | readonly number[];
  /** One a replica, instead of the optimizer's. */
  readonly learningRates?: readonly number[];
  readonly replicas?: number;
  readonly schedule?: Schedule;
  /** The largest norm that all gradients of a replica may have together; longer ones are shortened to it [any]. */
  readonly clipNorm?: number;
  /** Keep an exponential moving average of the weights, which `evaluate` and `weights` then use [none]. */
  readonly averaging?: Averaging;
  /** Measure kernel variants ['off': a table by kind of adapter decides]; what was measured is remembered in the user's cache. */
  readonly tune?: 'off' | TuneMode;
  /** 'mixed': activations, and weights as factors of products, in f16; sums and the weights that are trained in f32 ['f32']. */
  readonly precision?: Precision;
  /** Train for few bits: compute with weights as integers hold them, and with values between layers so [floats]. Needs precision 'f32'. */
  readonly quantization?: QuantizationOptions;
  /** Make weights 0 along a schedule, and keep those that are 0 so [nothing is kept]. */
  readonly pruning?: PruningOptions;
  /** Train the numbers that weights share, as `share` gives them, each by the sum of their gradients [each weight by its own]. */
  readonly sharing?: Sharing;
  /** What is done at random to the images of training batches [nothing]. */
  readonly augment?: Augmentation;
  readonly signal?: AbortSignal;
}

/** Every choice made. */
export interface TrainerSettings extends LossSettings {
  readonly batch: number;
  readonly optimizer: OptimizerSpec;
  readonly replicas: number;
  readonly seeds: readonly number[];
  readonly learningRates: readonly number[];
  readonly schedule: Schedule;
  readonly clipNorm?: number;
  readonly averaging?: Averaging;
  readonly tune: 'off' | TuneMode;
  readonly precision: Precision;
  readonly quantization?: Bits;
  readonly augment?: AugmentationSpec;
  readonly pruning?: PruningSettings;
  /** Not part of what a checkpoint records. */
  readonly sharing?: Sharing;
}

/** Checks the options of a trainer and fills in defaults, `usual` for the loss. Throws an OptionError that names the first that is wrong. */
export function trainerSettings(options: TrainerOptions, usual: NamedLoss = 'softmaxCrossEntropy'): TrainerSettings {
  const {
    batch,
    optimizer,
    loss = usual,
    labelSmoothing,
    classWeights,
    seed = 0,
    learningRates,
    replicas = 1,
    schedule = { type: 'constant' },
    clipNorm,
    averaging,
    tune = 'off',
    precision = 'f32',
    quantization,
    pruning,
    sharing,
    augment,
    signal,
    ...rest
  } = options;
  refuseUnknown('trainer', rest, [
    'batch',
    'optimizer',
    'loss',
    'labelSmoothing',
    'classWeights',
    'seed',
    'learningRates',
    'replicas',
    'schedule',
    'clipNorm',
    'averaging',
    'tune',
    'precision',
    'quantization',
    'pruning',
    'sharing',
    'augment',
    'signal',
  ]);
  checkCount('trainer: batch', batch);
  checkCount('trainer: replicas', replicas);
  const { spec, learningRate } = checkedOptimizer('trainer', optimizer);
  if (clipNorm !== undefined) inRange('trainer: clipNorm', clipNorm, (n) => n > 0, 'positive');
  const judged = checkedLoss(loss, labelSmoothing);
  checkTune('trainer', tune);
  if (precision !== 'f32' && precision !== 'mixed')
    throw new OptionError(`trainer: precision must be 'f32' or 'mixed', got ${shown(precision)}`);
  if (quantization !== undefined && precision === 'mixed')
    throw new OptionError("trainer: quantization needs precision 'f32': f16 would round what integers hold; leave precision out");
  if (sharing !== undefined && clipNorm !== undefined)
    throw new OptionError('trainer: clipNorm counts a number that weights share once for each of them; leave it or sharing out');
  if (sharing !== undefined && pruning !== undefined && pruning.sparsity !== undefined)
    throw new OptionError(
      'trainer: what share() left 0 stays 0, and no more is pruned while numbers are shared; leave sparsity out, or prune first',
    );
  if (sharing !== undefined && quantization !== undefined)
    throw new OptionError(
      'trainer: quantization rounds each channel by a scale of its own, weights that share numbers are rounded already; use one of the two',
    );
  checkSignal('trainer', signal);
  const bits = quantization === undefined ? undefined : checkedQuantization(quantization);
  if (bits?.activations === 8) checkJudgedInIntegers(judged);
  const augmentation = augmentationSpec(augment);
  if (typeof seed !== 'number' && !Array.isArray(seed))
    throw new OptionError(`trainer: seed must be an integer, or a list of one for each replica, got ${shown(seed)}`);
  if (learningRates !== undefined && !Array.isArray(learningRates))
    throw new OptionError(`trainer: learningRates must be a list of one for each replica, got ${shown(learningRates)}`);
  const seeds = typeof seed === 'number' ? Array.from({ length: replicas }, (_, replica) => seed + replica) : [...seed];
  if (seeds.length !== replicas)
    throw new OptionError(`trainer: ${seeds.length} seeds for ${replicas} replicas; give one a replica`);
  for (const one of seeds) checkSeed('trainer: seed', one);
  const rates = learningRates ? [...learningRates] : Array.from({ length: replicas }, () => learningRate);
  if (rates.length !== replicas)
    throw new OptionError(`trainer: ${rates.length} learning rates for ${replicas} replicas; give one a replica`);
  for (const rate of rates) checkRate('trainer: learningRates', rate);
  return {
    batch,
    optimizer: spec,
    ...judged,
    ...(classWeights !== undefined && { classWeights: checkedClassWeights(judged.loss, classWeights) }),
    replicas,
    seeds,
    learningRates: rates,
    schedule: checkSchedule(schedule),
    ...(clipNorm !== undefined && { clipNorm }),
    ...(averaging !== undefined && { averaging: checkAveraging(averaging) }),
    precision,
    ...(bits && { quantization: bits }),
    tune,
    ...(sharing !== undefined && { sharing }),
    ...(pruning !== undefined && { pruning: checkedPruning(pruning) }),
    ...(augmentation && { augment: augmentation }),
  };
}

/** Throws an OptionError where an adapter lacks what a precision needs. */
export function checkPrecision({ features, info }: Gpu, precision: Precision): void {
  if (precision === 'mixed' && !features.has('shader-f16'))
    throw new OptionError(
      `trainer: precision 'mixed' needs 16-bit floats (the WebGPU feature shader-f16), which the adapter '${info.description || info.vendor}' does not offer; use precision 'f32', or another adapter`,
    );
}

function checkAveraging(averaging: Averaging): Averaging {
  if (!isRecord(averaging))
    throw new OptionError(`trainer: averaging must be { decay }, such as { decay: 0.999 }, got ${shown(averaging)}`);
  const { decay, ...rest } = averaging;
  refuseUnknown('trainer: averaging', rest, ['decay']);
  inRange('trainer: averaging: decay', decay, (n) => n >= 0 && n < 1, 'at least 0 and below 1');
  return { decay };
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
    case 'warmRestarts':
      checkCount('schedule: every', schedule.every);
      checkCount('schedule: factor', schedule.factor ?? 1);
      inRange('schedule: floor', schedule.floor ?? 0, (n) => n >= 0 && n <= 1, 'a share from 0 to 1');
      return schedule;
    default:
      throw new OptionError(
        `schedule: type must be 'constant', 'step', 'exponential', 'cosine' or 'warmRestarts', got ${shown(schedule)}`,
      );
  }
}
