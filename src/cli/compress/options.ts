import type { CompressFormat } from 'paredown/node';
import { integer, oneOf, path, positive, share } from '../common/arguments.ts';
import { command, parsed } from '../common/command.ts';
import { DATA_DIR_HELP, DATA_HELP, SIZE_HELP } from '../common/data-options.ts';
import { MODEL_HELP } from '../common/model-file.ts';
import { addScaling, type Scaling } from '../common/scaling.ts';
import { UsageError } from '../common/usage-error.ts';

export interface Options extends Scaling {
  readonly data: string;
  readonly dataDir?: string;
  readonly size?: number;
  readonly floor: number;
  readonly to: CompressFormat;
  readonly minutes?: number;
  readonly seeds: number;
  readonly epochs: number;
  readonly batch: number;
  readonly rate: number;
  readonly distil?: number;
  readonly temperature?: number;
  readonly out?: string;
  readonly bare?: boolean;
  readonly saveSeeds?: string;
  readonly json?: boolean;
}

const NOTES = `
Arguments:
  MODEL  ${MODEL_HELP}

A file is compressed by a chain of steps, each trained for: filters that are taken out, layers of low rank, weights that are 0, weights in
few bits or numbers that they share, and floats of few significant bits; then all is coded. Every step is tried from one seed, first a little of it and then more, beside what
has held so far; what is smallest in the end is trained from all seeds, and holds the floor when the one-sided 95% t-bound of its accuracy
lies above it. Accuracy is measured on what the written file decodes to: half of the validation images choose, the others decide (of fewer
than 400 images all do both), and the test set is looked at once, at the end. Nothing below the floor is written.

Formats:
  compressed  the fewest bytes, for paredown
  tflite      TensorFlow Lite; weights and activations of 8 bits
  c           C99, weights of 8 to 2 bits and activations of 8; what counts are the bytes of its constants

The folder keeps every trial: interrupted or killed at any moment, the same command goes on, and so it does with a larger --minutes or
another --floor.

Examples:
  paredown compress runs/train/mnist --data mnist --floor 0.98
  paredown compress best.safetensors --data mnist --floor 98% --minutes 30 --epochs 5
  paredown compress best.safetensors --data my-images --floor 0.9 --to tflite --out firmware

Exit code: 0 when the file holds the floor, 3 when none does, 1 after a failure, 2 for a wrong option, 130 after Ctrl-C.`;

/** Undefined: help was asked for, and printed. Throws a UsageError. */
export function parseCompress(
  args: readonly string[],
): { readonly model: string | undefined; readonly options: Options } | undefined {
  const line = command(
    'paredown compress',
    'MODEL --data DATA --floor SHARE [options]',
    'The smallest file of a trained model that still holds an accuracy.',
    NOTES,
  )
    .argument('<model>')
    .requiredOption('--data <name>', DATA_HELP)
    .requiredOption('--floor <share>', 'validation accuracy to hold, such as 0.98 or 98%', share)
    .option('--to <format>', 'compressed, tflite or c', oneOf('compressed', 'tflite', 'c'), 'compressed')
    .option('--out <folder>', 'where trials and the result are kept [runs/compress/MODEL]', path)
    .option('--minutes <n>', 'end after about so many minutes, over all runs [until nothing smaller holds the floor]', positive)
    .option('--seeds <n>', 'fine-tunings that decide whether the floor is held, at least 5', integer(5, 100), 5)
    .option('--epochs <x>', 'passes over the training data of each step', positive, 3)
    .option('--batch <n>', 'samples a step of training', integer(1, 65_536), 64)
    .option('--rate <x>', 'learning rate of Adam, which falls along a cosine', positive, 1e-3)
    .option('--distil <share>', "learn to this share from MODEL's own outputs, beside the labels, such as 0.9", share)
    .option('--temperature <x>', 'with --distil: what these outputs are divided by before the softmax [4]', positive)
    .option('--bare', 'leave out of the file what the model takes and what its classes are called')
    .option(
      '--save-seeds <name>',
      'write the compressed file of each seed N of the result, too, as NAME-seedN.paredown, and how they were made as NAME.json',
      path,
    )
    .option('--data-dir <folder>', DATA_DIR_HELP, path)
    .option('--size <n>', `${SIZE_HELP} [what the model takes]`, integer(1, 4096))
    .option('--json', 'print one JSON object a line; the last has type "result"');
  addScaling(line);
  const given = parsed<Options>(line, args);
  if (given?.options.saveSeeds !== undefined && given.options.to !== 'compressed')
    throw new UsageError(
      `--save-seeds writes compressed files; with --to ${given.options.to} the folder keeps those of each seed`,
    );
  if (given?.options.temperature !== undefined && given.options.distil === undefined)
    throw new UsageError('--temperature is for --distil: give both');
  return given && { model: given.operands[0], options: given.options };
}
