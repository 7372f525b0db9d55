import type { Augmentation, Budget, CompressFormat, CostName, Objective } from 'paredown/node';
import { file, integer, oneOf, path, positive, share, shareOrNone } from '../common/arguments.ts';
import { AUGMENT_HELP, augmentation } from '../common/augmentation.ts';
import { command, parsed } from '../common/command.ts';
import { QUEUE_HELP, queueOf } from '../common/queue.ts';
import { AVERAGING_HELP, SMOOTHING_HELP } from '../common/training/help.ts';
import { type OptimizerText, optimizer, optimizersInHelp } from '../common/training/optimizers.ts';
import { SCHEDULE_HELP, type ScheduleText, schedule } from '../common/training/schedules.ts';
import { amount, list, weightsOf } from './values.ts';

/** What was typed; what was left out is what the study was begun with, else the default that the help names. */
export interface Options {
  readonly study?: string;
  readonly data?: string;
  readonly dataDir?: string;
  readonly size?: number;
  readonly floor?: number;
  readonly objective?: CostName | Objective['weights'];
  readonly limits: Objective['limits'];
  readonly format?: CompressFormat;
  readonly start?: string;
  readonly from?: string;
  readonly space?: string;
  readonly strategy?: string;
  readonly inheriting?: number;
  readonly epochs?: number;
  readonly batch?: number;
  readonly optimizer?: OptimizerText;
  readonly schedule?: ScheduleText;
  readonly averaging?: number;
  readonly recipe?: 'searched' | 'fixed';
  readonly rates?: readonly number[];
  readonly augment?: Augmentation;
  readonly labelSmoothing?: number;
  readonly seeds?: number;
  readonly seed?: number;
  readonly workers?: number;
  /** As typed, or of the environment. */
  readonly queue?: string;
  readonly json?: boolean;
  readonly printSpace?: boolean;
  readonly budget: Budget;
}

const NOTES = `
A network holds the floor when the one-sided 95% t-bound of its accuracy over at least five seeds lies above it, on validation data
that no trial was chosen by: a new study keeps half of them back for this, where there are 400 or more. Every choice is made on
validation data; the test set is looked at once, at the end, for the networks of the front: those than which no other that was
confirmed is both smaller and more accurate (a study that is made longer looks again, and says how often).

evolve trains a network for a sixtieth of the full length at first, or more where that is under 5,000 samples, then, one in four, for
longer, up to all of it. pare takes away from a trained network. greedy (Dhingra's design framework: ever smaller networks, from --start
or known patterns) and random (the baseline for the others) train each network at full length from all seeds, model (Ke et al.'s fits) most
at full length from one: a first answer takes them longer. A training that learns nothing, can come nowhere near the floor, or takes a twelfth of --minutes is ended: it is "stopped", and not tried again.

A study is a folder: interrupted or killed at any moment, the same command goes on, and so does
  paredown search --study FOLDER                 with what it was begun with; a larger --minutes or --trials makes it longer
  paredown search front FOLDER                   the networks of the front, as a table
  paredown search report FOLDER [--out FILE]     a page for a browser
  paredown search best FOLDER --save FILE        the best network, its layers, its weights as safetensors
  paredown search best FOLDER --save-seeds NAME  the weights of each of its seeds, NAME-seedN.safetensors

Examples:
  paredown search --data mnist --floor 0.95 --minutes 60 --study runs/mnist-95
  paredown search --data my-images --size 32 --floor 0.9 --objective macs --max-activations 16KB
  paredown search --data digits --floor 0.9 --trials 20 --epochs 3
  paredown search --data mnist --floor 0.97 --objective bytes --max-bytes 2KB --format compressed
  paredown search --data my-images --size 32 --floor 0.9 --strategy pare --from runs/train/my-images
  paredown search --data mnist --queue redis://HOST:6379         trained by paredown worker (its --help has an example)

Exit code: 0 when a network holds the floor, 3 when none does, 1 after a failure, 2 for a wrong option, 130 after Ctrl-C.`;

/** Undefined: help was asked for, and printed. Throws a UsageError. */
export function parseOptions(args: readonly string[]): Options | undefined {
  const most = Number.MAX_SAFE_INTEGER;
  const line = command(
    'paredown search',
    '[options] | report FOLDER | front FOLDER | best FOLDER',
    'Searches for the smallest network that holds an accuracy.',
    NOTES,
  )
    .option(
      '--study <folder>',
      'where all is kept; one that is not there yet is begun with --data [runs/search/DATA-FLOOR]',
      path,
    )
    .option(
      '--data <name>',
      'mnist, cifar10, lfw-gender, digits, or a folder of idx files or of one folder of images (PNG, JPEG) a class [mnist]',
    )
    .option('--data-dir <folder>', 'where the files of a named data set lie [PAREDOWN_DATA, else downloaded]', path)
    .option('--size <n>', 'height and width to which the images of lfw-gender or of a folder are resized', integer(1, 4096))
    .option('--floor <share>', 'validation accuracy to hold, such as 0.95 or 95% [0.95]', share)
    .option(
      '--objective <cost>',
      'parameters, macs, activations, bytes, latency (ms), or a mix: parameters=1,macs=0.001 [parameters]',
      weightsOf,
    )
    .option('--max-parameters <n>', 'at most so many parameters, those of a normalisation as exports fold it', amount)
    .option('--max-macs <n>', 'at most so many multiply-accumulates an inference, such as 200K', amount)
    .option('--max-activations <bytes>', 'at most so many bytes of activations at once at inference, such as 16KB', amount)
    .option(
      '--max-bytes <bytes>',
      'at most so many bytes of the file that leaves (--format), such as 2KB; a guess decides what is tried, the written file what holds',
      amount,
    )
    .option(
      '--format <name>',
      'the file whose bytes count, for --objective bytes and --max-bytes: compressed, tflite or c (its constants); networks are trained for its bits, and evolve chooses how many [compressed]',
      oneOf('compressed', 'tflite', 'c'),
    )
    .option('--max-latency <ms>', 'at most so many milliseconds for one sample on this adapter', positive)
    .option('--start <name>', 'begin with a network of the zoo, such as dhingra/optimized, or of a file, as --from')
    .option(
      '--from <file>',
      'begin with a network as JSON, or with that of a model.safetensors, the folder of a run or an ONNX file',
      file,
    )
    .option('--space <file>', 'what may be built, as JSON; --print-space prints the default', file)
    .option(
      '--strategy <name>',
      'evolve, pare (takes away from --start or --from, handing weights down), greedy, model or random [evolve]',
    )
    .option(
      '--inheriting <share>',
      "share of evolve's children that begin with the weights of their parents, handed down, in their first training [0]",
      shareOrNone,
    )
    .option(
      '--minutes <n>',
      'end search and confirmation after so many minutes, over all runs of the study [60, where no other budget is given]',
      positive,
    )
    .option('--trials <n>', 'end the search after so many trials; what was found is confirmed then', integer(1, most))
    .option('--samples <n>', 'end it after so many training samples, such as 50M', amount)
    .option('--epochs <x>', 'passes over the training data of a training of full length [10]', positive)
    .option('--batch <n>', 'samples a step [64]', integer(1, 65_536))
    .option(
      '--recipe <name>',
      'searched: evolve chooses optimizer, schedule, batch, augmentation, averaging and smoothing with a network, of what is not given here, and trains its last candidates for longer; fixed [searched]',
      oneOf('searched', 'fixed'),
    )
    .option('--optimizer <name>', `${optimizersInHelp()} [adam]`, optimizer)
    .option('--schedule <name>', `${SCHEDULE_HELP} [cosine]`, schedule)
    .option('--averaging <decay>', AVERAGING_HELP, shareOrNone)
    .option(
      '--rates <list>',
      'learning rates to choose from; all strategies but evolve and pare take the middle one [0.004,0.01,0.025]',
      list,
    )
    .option('--augment <list>', AUGMENT_HELP, augmentation)
    .option('--label-smoothing <x>', SMOOTHING_HELP, shareOrNone)
    .option('--seeds <n>', 'trainings that decide whether the floor is held, at least 5 [5]', integer(5, 100))
    .option('--seed <n>', "of the search's own choices [1]", integer(0, 2 ** 32 - 1))
    .option(
      '--workers <n>',
      'trials side by side, each in a process of its own, which is replaced where it hangs or grows; a study that was begun with one stays at one; with a queue, how many there may be at all its workers without waiting for each other [a GPU: 1; a software driver: one a core; a queue: 4]',
      integer(1, 64),
    )
    .option('--queue <url>', QUEUE_HELP)
    .option('--json', 'print one JSON object a line; the last has type "result"')
    .option('--print-space', 'print the default space as JSON, and end');
  const done = parsed<Record<string, unknown>>(line, args);
  if (!done) return undefined;
  const { maxParameters, maxMacs, maxActivations, maxBytes, maxLatency, minutes, trials, samples, ...rest } = done.options;
  const limits = { parameters: maxParameters, macs: maxMacs, activations: maxActivations, bytes: maxBytes, latency: maxLatency };
  const queue = queueOf(done.options.queue as string | undefined);
  return { ...rest, queue, limits: defined(limits), budget: defined({ minutes, trials, samples }) } as unknown as Options;
}

function defined<T extends object>(given: T): Partial<T> {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as Partial<T>;
}
