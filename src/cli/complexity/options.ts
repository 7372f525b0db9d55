import { basename, join, resolve } from 'node:path';
import { InvalidArgumentError } from 'commander';
import { complexity } from 'paredown/node';
import { integer, oneOf, path, positive } from '../common/arguments.ts';
import { command, parsed } from '../common/command.ts';
import { UsageError } from '../common/usage-error.ts';

type Configuration = complexity.Configuration;
type Parameter = complexity.Parameter;

export interface Options {
  /** A name of ours, or a folder. */
  readonly data: string;
  readonly dataDir?: string;
  readonly size?: number;
  /** What was typed of it. */
  readonly baseline?: Partial<Configuration>;
  readonly maxSize?: number;
  readonly filters?: readonly number[];
  readonly sizes?: readonly number[];
  readonly images?: number;
  readonly validation?: number;
  readonly epochs: number;
  readonly batch: number;
  readonly rate: number;
  readonly seeds: number;
  readonly seed: number;
  readonly checks: number;
  readonly only: 'all' | 'sweeps';
  readonly out?: string;
  readonly fresh: boolean;
  readonly json?: boolean;
}

const NOTES = `
Trains the networks of X. Ke, W. Cao, F. Lv, "Relationship between Complexity and Precision of Convolutional Neural Networks",
around a baseline: f filters in each of l convolutions of k x k, images averaged to s x s; one parameter at a time, then f with
each of the others, then random ones that test the fits. Fits the complexity C (training time beside the baseline's) and the
precision P (validation accuracy), solves for the least C at each P, trains what that gives, and draws it.

What --baseline leaves out is as published, f=64,s=64,k=5,l=3, but s at most the images' own size: they are never enlarged. The values
of f, s, k and l are the published ones, scaled to the baseline. The test data are never touched.

A small study, and one of your own images:
  paredown complexity --data mnist --baseline f=16,s=28,k=5,l=3 --images 10000 --epochs 4
  paredown complexity --data my-images --size 32 --baseline f=16,k=5,l=3 --only sweeps
Ctrl-C stops; the same command goes on.`;

/** Undefined: help was asked for, and printed. Throws a UsageError. */
export function parseOptions(args: readonly string[]): Options | undefined {
  const most = Number.MAX_SAFE_INTEGER;
  const line = command(
    'paredown complexity',
    '--data NAME [options]',
    'How complexity and precision hang together on a data set.',
    NOTES,
  )
    .requiredOption(
      '--data <name>',
      'mnist, cifar10, lfw-gender, digits, or a folder of idx files or of one folder of images (PNG, JPEG) a class',
      path,
    )
    .option('--data-dir <folder>', 'where the files of a named data set lie [PAREDOWN_DATA, else downloaded]', path)
    .option('--size <n>', 'height and width to which the images of lfw-gender or of a folder are resized', integer(1, 4096))
    .option('--baseline <f=,s=,k=,l=>', 'what all is compared with [f=64,s=64,k=5,l=3]', baseline)
    .option('--max-size <n>', "the largest s, below the images' own size", integer(1, 4096))
    .option('--filters <list>', 'values of f, such as 16,8,4 [the published ones, scaled]', list)
    .option('--sizes <list>', 'values of s [the published ones, scaled]', list)
    .option('--images <n>', 'training images, the first ones [all]', integer(1, most))
    .option('--validation <n>', 'validation images, the first ones [all]', integer(1, most))
    .option('--epochs <n>', 'times each image is seen', integer(1, 100_000), 10)
    .option('--batch <n>', 'images a step', integer(1, 65_536), 64)
    .option('--rate <x>', "Adam's learning rate, which falls to 0 along a cosine", positive, 2e-3)
    .option('--seeds <n>', 'trainings of each configuration', integer(1, 1000), 1)
    .option('--seed <n>', 'the first seed, also of the random configurations', integer(0, 2 ** 32 - 1001), 1)
    .option('--checks <n>', 'random configurations that test the fits [50; with --only sweeps 0]', integer(0, 10_000))
    .option('--only <part>', 'sweeps: one parameter at a time alone; all', oneOf('all', 'sweeps'), 'all')
    .option('--out <folder>', 'where everything is kept [runs/complexity/DATA]', path)
    .option('--fresh', 'measure again what was measured', false)
    .option('--json', 'print one JSON object a line; the last has type "result"');
  const options = parsed<Omit<Options, 'checks'> & { readonly checks?: number }>(line, args)?.options;
  return options && { ...options, checks: options.checks ?? (options.only === 'sweeps' ? 0 : 50) };
}

/** Where a study is kept that names no folder. */
export function usualFolder(data: string): string {
  return join('runs', 'complexity', basename(resolve(data)));
}

/** `f=16,s=28,k=5,l=3`, or some of it. */
function baseline(text: string): Partial<Configuration> {
  const found: Partial<Record<Parameter, number>> = {};
  for (const part of text.split(',')) {
    const [letter, value, ...rest] = part.split('=').map((word) => word.trim());
    const parameter = complexity.PARAMETERS.find((name) => complexity.LETTERS[name] === letter);
    const number = Number(value);
    if (!parameter || !value || rest.length > 0 || !Number.isInteger(number) || number < 1 || number > 4096)
      throw new InvalidArgumentError('It must be like f=16,s=28,k=5,l=3: whole numbers of at least 1.');
    found[parameter] = number;
  }
  return found;
}

function list(text: string): number[] {
  const values = text.split(',').map(Number);
  if (values.some((value) => !Number.isInteger(value) || value < 1 || value > 4096))
    throw new InvalidArgumentError('It must be whole numbers of at least 1, such as 16,8,4.');
  return values;
}

export interface StudyPlan {
  readonly baseline: Configuration;
  readonly values: complexity.Values;
  /** Where the baseline's s is neither typed nor the published one: what it is, and why. */
  readonly note?: string;
}

/** The baseline and the candidate values for images of this size. Throws a UsageError for what contradicts itself. */
export function plan(options: Options, imageSize: number): StudyPlan {
  const { baseline: typed = {}, maxSize } = options;
  const published = complexity.PUBLISHED_BASELINE;
  const largest = maxSize ?? imageSize;
  if (largest > imageSize) throw new UsageError(`--max-size ${maxSize} is above the images' own size, ${imageSize}`);
  const chosen = { ...published, size: Math.min(published.size, largest), ...typed };
  if (chosen.size > largest)
    throw new UsageError(
      `--baseline s=${chosen.size} is above ${maxSize === undefined ? "the images' own size," : '--max-size'} ${largest}`,
    );
  if (!complexity.extents(chosen))
    throw new UsageError(`--baseline: images of ${chosen.size} x ${chosen.size} are too small for ${chosen.layers} poolings`);
  const scaled = complexity.candidateValues(chosen);
  const own = (name: string, most: number, given: readonly number[] | undefined) => {
    if (given?.some((value) => value > most)) throw new UsageError(`--${name}: no value may be above the baseline's, ${most}`);
    return given && [...new Set([most, ...given])].sort((a, b) => b - a);
  };
  const values = {
    ...scaled,
    filters: own('filters', chosen.filters, options.filters) ?? scaled.filters,
    size: own('sizes', chosen.size, options.sizes) ?? scaled.size,
  };
  if (typed.size !== undefined || chosen.size === published.size) return { baseline: chosen, values };
  const why = maxSize === undefined ? "the images' own size" : 'by --max-size';
  return {
    baseline: chosen,
    values,
    note: `s of the baseline is ${chosen.size}, ${why}, instead of the published ${published.size}`,
  };
}
