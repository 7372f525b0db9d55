import { resolve } from 'node:path';
import {
  type Augmentation,
  canonicalJson,
  DataError,
  type DataSource,
  type Schedule,
  scheduleOver,
  type TrainerOptions,
} from 'paredown/node';
import { isInZoo } from '../common/network.ts';
import { OPTIMIZERS, type OptimizerText, optimizerName, optimizerOf } from '../common/training/optimizers.ts';
import type { RunRecord } from '../common/training/record.ts';
import type { RunOptions } from '../common/training/run-options.ts';
import { recipeSchedule, type ScheduleText } from '../common/training/schedules.ts';
import { UsageError } from '../common/usage-error.ts';
import { CONSTANT, type Given } from './options.ts';

/** What a run does, every option decided; kept in run.json. */
export interface TrainOptions extends RunOptions {
  readonly dataDir?: string;
  readonly size?: number;
  /** A name of the zoo, the path of a file, or 'small'. */
  readonly model: string;
  readonly weights?: string;
  readonly optimizer: OptimizerText;
  readonly schedule: ScheduleText;
  readonly labelSmoothing: number;
  readonly augment?: Augmentation;
  /** Decay of the moving average that is tested and kept. */
  readonly averaging?: number;
  readonly patience?: number;
}

const USUAL_BATCH = 64;
/** So many batches an epoch at least, so few images at most a batch may have. */
const BATCHES = 10;
const LEAST_BATCH = 8;

/** In place of a name of the zoo: the small network for the images. */
export const SMALL = 'small';

/** The network that is meant: a name, or a file or folder by its whole path. */
function modelOption({ model, weights }: Given): string {
  if (model === undefined) return weights === undefined ? SMALL : resolve(weights);
  return model === SMALL || isInZoo(model) ? model : resolve(model);
}

/** What was typed, and defaults for so many training images. */
export function decide(given: Given, source: DataSource, images: number): TrainOptions {
  const { data, dir, size } = source;
  const { optimizer = 'adam', weights, augment, averaging = 0, patience } = given;
  const batch = given.batch ?? usualBatch(images);
  const steps = stepsOf(given, images, batch) ?? stepsOf({ epochs: usualEpochs(images, batch) }, images, batch) ?? 1;
  return {
    data,
    ...(dir !== undefined && { dataDir: dir }),
    ...(size !== undefined && { size }),
    model: modelOption(given),
    ...(weights !== undefined && { weights: resolve(weights) }),
    steps,
    batch,
    optimizer,
    learningRate: given.learningRate ?? usualRate(modelOption(given), optimizer),
    schedule: given.schedule ?? 'cosine',
    labelSmoothing: given.labelSmoothing ?? 0,
    ...(augment && { augment }),
    ...(averaging > 0 && { averaging }),
    ...(patience !== undefined && { patience }),
    seed: given.seed ?? 0,
    evaluateEvery: given.evaluateEvery ?? Math.max(Math.ceil(images / batch), Math.ceil(steps / 100)),
    tune: given.tune ?? 'off',
    precision: given.precision ?? 'f32',
  };
}

/** Those of the run, with what may be typed anew. Throws a UsageError for what would make it another run. */
export function decideAgain(given: Given, recorded: TrainOptions, images: number): TrainOptions {
  const { steps, evaluateEvery } = recorded;
  const asked = stepsOf(given, images, recorded.batch);
  if (recorded.schedule !== CONSTANT && asked !== undefined && asked !== steps)
    throw new UsageError(
      `${given.steps === undefined ? `--epochs ${given.epochs}` : `--steps ${given.steps}`}: the run in ${given.out} was started with ${steps} steps, over which its learning rate falls; ` +
        'a run of --schedule constant can be made longer. Name another folder by --out to start a new one.',
    );
  refuseChanges(given, recorded);
  return { ...recorded, steps: asked ?? steps, evaluateEvery: given.evaluateEvery ?? evaluateEvery };
}

/** Of a run that is resumed. Throws a DataError for one of another program. */
export function recordedOptions({ options }: RunRecord, out: string): TrainOptions {
  if ('model' in options && typeof options.model === 'string') return options as TrainOptions;
  throw new DataError(`${out} holds no run of paredown train. Name another folder by --out to start one.`);
}

/** The data of a run that is resumed. */
export function recordedSource({ data, size, dataDir }: TrainOptions): DataSource {
  return { data, ...(size !== undefined && { size }), ...(dataDir !== undefined && { dir: dataDir }) };
}

/** How the trainer is told to train. */
export function trainingOf(options: TrainOptions) {
  const { optimizer, learningRate, labelSmoothing, augment, averaging } = options;
  return {
    optimizer: optimizerOf(optimizer, learningRate),
    schedule: scheduleOf(options),
    labelSmoothing,
    ...(augment && { augment }),
    ...(averaging !== undefined && { averaging: { decay: averaging } }),
  } satisfies Partial<TrainerOptions>;
}

function scheduleOf({ schedule, steps }: TrainOptions): Schedule {
  return schedule === CONSTANT ? { type: 'constant' } : scheduleOver(steps, recipeSchedule(schedule));
}

function stepsOf({ steps, epochs }: Pick<Given, 'steps' | 'epochs'>, images: number, batch: number): number | undefined {
  return steps ?? (epochs === undefined ? undefined : epochs * Math.ceil(images / batch));
}

function usualRate(model: string, optimizer: OptimizerText): number {
  const { learningRate, smallNetworkRate = learningRate } = OPTIMIZERS[optimizerName(optimizer)];
  return model === SMALL ? smallNetworkRate : learningRate;
}

function usualBatch(images: number): number {
  const power = 2 ** Math.floor(Math.log2(Math.max(1, images / BATCHES)));
  return Math.min(images, USUAL_BATCH, Math.max(LEAST_BATCH, power));
}

/** Ten; of few images as many as come to 1,000 steps, up to a hundred. */
function usualEpochs(images: number, batch: number): number {
  return Math.min(100, Math.max(10, Math.ceil(1000 / Math.ceil(images / batch))));
}

const FIXED = [
  ['size', '--size'],
  ['batch', '--batch'],
  ['optimizer', '--optimizer'],
  ['learningRate', '--learning-rate'],
  ['schedule', '--schedule'],
  ['averaging', '--averaging'],
  ['labelSmoothing', '--label-smoothing'],
  ['augment', '--augment'],
  ['patience', '--patience'],
  ['seed', '--seed'],
  ['tune', '--tune'],
  ['precision', '--precision'],
] as const;

function refuseChanges(given: Given, recorded: TrainOptions): void {
  const named = FIXED.map(([key, flag]) => [flag, given[key], recorded[key]] as const);
  const files = [
    ['--model', given.model === undefined ? undefined : modelOption(given), recorded.model],
    ['--weights', given.weights === undefined ? undefined : resolve(given.weights), recorded.weights],
  ] as const;
  for (const [flag, asked, before] of [...named, ...files])
    if (asked !== undefined && canonicalJson(asked) !== canonicalJson(before ?? null))
      throw new UsageError(
        `${flag} ${inWords(asked)}: the run in ${given.out} was started with ${before === undefined ? 'none' : inWords(before)}, and would not be the same run with another. ` +
          `Leave ${flag} out to go on with it, or name another folder by --out to start a new one.`,
      );
}

function inWords(value: unknown): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
