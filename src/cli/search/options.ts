import type { Augmentation, Budget, CostName, Objective } from 'paredown/node';
import { file, integer, oneOf, path, positive, share, shareOrNone } from '../common/arguments.ts';
import { AUGMENT_HELP, augmentation } from '../common/augmentation.ts';
import { command, parsed } from '../common/command.ts';
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
  readonly start?: string;
  readonly from?: string;
  readonly space?: string;
  readonly strategy?: string;
  readonly epochs?: number;
  readonly batch?: number;
  readonly optimizer?: 'adam' | 'sgd';
  readonly rates?: readonly number[];
  readonly augment?: Augmentation;
  readonly labelSmoothing?: number;
  readonly seeds?: number;
  readonly seed?: number;
  readonly workers?: number;
  readonly json?: boolean;
  readonly printSpace?: boolean;
  readonly budget: Budget;
}

const NOTES = `
A network holds the floor when the one-sided 95% t-bound of its validation accuracy over at least five seeds lies above it. Every
choice is made on validation data; the test set is looked at once, at the end, for the networks of the front (a study that is made
longer looks again, and says how often).

A study is a folder: interrupted or killed at any moment, the same command goes on, and so does
  paredown search --study FOLDER                 with what it was begun with; a larger --minutes or --trials makes it longer
  paredown search front FOLDER                   the networks of the front, as a table
  paredown search report FOLDER [--out FILE]     a page for a browser
  paredown search best FOLDER --save FILE        the best network, its layers, its weights as safetensors

Examples:
  paredown search --data mnist --floor 0.95 --minutes 60 --study runs/mnist-95
  paredown search --data my-images --size 32 --floor 0.9 --objective macs --max-activations 16KB
  paredown search --data digits --floor 0.9 --trials 20 --epochs 3

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
    .option('--study <folder>', 'where all is kept [runs/search/DATA-FLOOR]', path)
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
    .option('--max-parameters <n>', 'at most so many trained numbers', amount)
    .option('--max-macs <n>', 'at most so many multiply-accumulates an inference, such as 200K', amount)
    .option('--max-activations <bytes>', 'at most so many bytes of activations at once at inference, such as 16KB', amount)
    .option('--max-bytes <bytes>', 'at most so many bytes of saved weights, such as 4KB', amount)
    .option('--max-latency <ms>', 'at most so many milliseconds for one sample on this adapter', positive)
    .option('--start <name>', 'begin with a network of the zoo, such as dhingra/optimized, or of a file, as --from')
    .option(
      '--from <file>',
      'begin with a network as JSON, or with that of a model.safetensors, the folder of a run or an ONNX file',
      file,
    )
    .option('--space <file>', 'what may be built, as JSON; --print-space prints the default', file)
    .option('--strategy <name>', 'evolve, greedy, model or random [evolve]')
    .option(
      '--minutes <n>',
      'end the search after so many minutes, over all runs of the study [60, where no other budget is given]',
      positive,
    )
    .option('--trials <n>', 'end it after so many trials', integer(1, most))
    .option('--samples <n>', 'end it after so many training samples, such as 50M', amount)
    .option('--epochs <x>', 'passes over the training data of a training of full length [10]', positive)
    .option('--batch <n>', 'samples a step [64]', integer(1, 65_536))
    .option('--optimizer <name>', 'adam or sgd (momentum 0.9) [adam]', oneOf('adam', 'sgd'))
    .option(
      '--rates <list>',
      'learning rates to choose from; all strategies but evolve take the middle one [0.004,0.01,0.025]',
      list,
    )
    .option('--augment <list>', AUGMENT_HELP, augmentation)
    .option('--label-smoothing <x>', 'share of a label that is spread over all classes [0]', shareOrNone)
    .option('--seeds <n>', 'trainings that decide whether the floor is held, at least 5 [5]', integer(5, 100))
    .option('--seed <n>', "of the search's own choices [1]", integer(0, 2 ** 32 - 1))
    .option(
      '--workers <n>',
      'trials side by side, each in a process of its own; a study that was begun with one stays at one [a GPU: 1; a software driver: one a core]',
      integer(1, 64),
    )
    .option('--json', 'print one JSON object a line; the last has type "result"')
    .option('--print-space', 'print the default space as JSON, and end');
  const done = parsed<Record<string, unknown>>(line, args);
  if (!done) return undefined;
  const { maxParameters, maxMacs, maxActivations, maxBytes, maxLatency, minutes, trials, samples, ...rest } = done.options;
  const limits = { parameters: maxParameters, macs: maxMacs, activations: maxActivations, bytes: maxBytes, latency: maxLatency };
  return { ...rest, limits: defined(limits), budget: defined({ minutes, trials, samples }) } as unknown as Options;
}

function defined<T extends object>(given: T): Partial<T> {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as Partial<T>;
}
