import { basename, join, resolve } from 'node:path';
import type { Augmentation } from 'paredown/node';
import { file, integer, oneOf, path, positive, shareOrNone } from '../common/arguments.ts';
import { AUGMENT_HELP, augmentation } from '../common/augmentation.ts';
import { command, parsed } from '../common/command.ts';
import { DATA_DIR_HELP, DATA_HELP, SIZE_HELP } from '../common/data-options.ts';
import { AVERAGING_HELP, SMOOTHING_HELP } from '../common/training/help.ts';
import { type OptimizerText, optimizer, optimizersInHelp, ratesInHelp } from '../common/training/optimizers.ts';
import type { Precision, Tune } from '../common/training/run-options.ts';
import { SCHEDULE_HELP, type ScheduleText, schedule } from '../common/training/schedules.ts';
import { UsageError } from '../common/usage-error.ts';

/** Of the schedules that a search does not know. */
export const CONSTANT = 'constant';

/** What was typed; what is absent was not. */
export interface Given {
  readonly data?: string;
  readonly dataDir?: string;
  readonly size?: number;
  readonly model?: string;
  readonly weights?: string;
  readonly epochs?: number;
  readonly steps?: number;
  readonly batch?: number;
  readonly optimizer?: OptimizerText;
  readonly learningRate?: number;
  readonly schedule?: ScheduleText;
  readonly averaging?: number;
  readonly labelSmoothing?: number;
  readonly augment?: Augmentation;
  readonly patience?: number;
  readonly seed?: number;
  readonly evaluateEvery?: number;
  readonly tune?: Tune;
  readonly precision?: Precision;
  readonly out: string;
  readonly resume: boolean;
  readonly json: boolean;
}

const NOTES = `
Arguments:
  DATA  ${DATA_HELP}; a folder's validation and test images are its own, or divided off

Without --model the network is a small one for images of any size: 3x3 convolutions of 16, 32 and then 64 filters, each
normalised and pooled by two until the shorter side is below 8, the mean of each channel, a dense layer. \`paredown zoo\` lists
networks by name; a file of one's own is the JSON of a model (or a model.safetensors, the folder of a run or an ONNX file, of which the
weights are left).

The run folder holds model.safetensors (network, weights and what is needed to use them), checkpoint, metrics.jsonl (a line for each
report and each evaluation), curves.svg, run.json (options, adapter, versions, hashes of the data) and state.json (what the run does,
for paredown serve). A run that lies there already is moved to DIR.1 (or .2, ...) unless --resume is given; one that still goes on
is left alone.

Ctrl-C finishes the step, writes the checkpoint and says how to go on; a second Ctrl-C stops at once. --resume goes on from the
last checkpoint, killed or not, and ends with the very weights of a run that was never interrupted; its options are those of the
run, and DATA may be left out. With --schedule constant a finished run goes on with more --epochs or --steps.

Examples:
  paredown train my-images --size 32                          # my-images/cat/*.png, my-images/dog/*.jpg, ...
  paredown train mnist --model nahhas/proposed --epochs 20
  paredown train cifar10 --augment shift=4,flip=horizontal --patience 8 --out runs/cifar
  paredown train --resume --out runs/cifar

Exit code: 0 after success, 1 after a failure, 2 for a wrong option, 130 after Ctrl-C.`;

/** Reads the command line. Undefined: help was asked for, and printed. Throws a UsageError. */
export function parseOptions(args: readonly string[]): Given | undefined {
  const line = command('paredown train', 'DATA [options]', 'Trains a network on a data set or on a folder of images.', NOTES)
    .argument('[data]')
    .option(
      '--model <name>',
      'a network of the zoo, the JSON file of a model, a model file or the folder of a run [a small network]',
      file,
    )
    .option(
      '--weights <file>',
      'begin with the weights of a model file, as far as they fit (without --model with its network), or of a PyTorch safetensors or Keras file',
      file,
    )
    .option(
      '--epochs <n>',
      'times each image is seen [10; of few images more, to come to 1,000 steps; 100 at the most]',
      integer(1, 1e6),
    )
    .option('--steps <n>', 'training steps in all, instead of --epochs', integer(1, 1e9))
    .option('--data-dir <folder>', DATA_DIR_HELP, path)
    .option('--size <n>', SIZE_HELP, integer(1, 4096))
    .option(
      '--batch <n>',
      'images a step [64; fewer where that would be more than a tenth of the training images]',
      integer(1, 65_536),
    )
    .option('--optimizer <name>', `${optimizersInHelp()} [adam]`, optimizer)
    .option('--learning-rate <x>', `at the beginning [${ratesInHelp()}]`, positive)
    .option('--schedule <name>', `${SCHEDULE_HELP}; or constant [cosine]`, (text) => (text === CONSTANT ? text : schedule(text)))
    .option('--averaging <decay>', AVERAGING_HELP, shareOrNone)
    .option('--label-smoothing <x>', SMOOTHING_HELP, shareOrNone)
    .option('--augment <list>', AUGMENT_HELP, augmentation)
    .option(
      '--patience <n>',
      'end after so many evaluations without a better validation accuracy; the best weights are kept',
      integer(1, 1e6),
    )
    .option('--seed <n>', 'of initial weights, order of samples, dropout and augmentation [0]', integer(0, 2 ** 32 - 1))
    .option(
      '--evaluate-every <n>',
      'steps between evaluations on validation [an epoch; a hundredth of the steps, if more]',
      integer(1, 1e9),
    )
    .option(
      '--tune <how>',
      'measure kernel variants first: off, quick (5 s) or full (2 min); remembered [off]',
      oneOf('off', 'quick', 'full'),
    )
    .option('--precision <p>', 'f32; mixed: products of 16-bit floats, where the adapter has them [f32]', oneOf('f32', 'mixed'))
    .option('--out <folder>', 'the run folder [runs/train/DATA]', path)
    .option('--resume', 'go on with the run in the run folder')
    .option('--json', 'print one JSON object a line; the last has type "result"');
  const done = parsed<Partial<Given>>(line, args);
  if (!done) return undefined;
  const {
    options,
    operands: [data],
  } = done;
  const { resume = false, json = false, out = data === undefined ? undefined : usualFolder(data) } = options;
  if (data === undefined && !resume)
    throw new UsageError(`Name the data to train on: ${DATA_HELP}\n  paredown train my-images --size 32 (--help tells more)`);
  if (out === undefined) throw new UsageError('--resume: name the run folder by --out, or the data');
  if (options.epochs !== undefined && options.steps !== undefined)
    throw new UsageError('--epochs and --steps: give one of the two');
  return { ...options, ...(data !== undefined && { data }), resume, json, out };
}

/** Where a run is kept that names no folder. */
function usualFolder(data: string): string {
  return join('runs', 'train', basename(resolve(data)));
}
