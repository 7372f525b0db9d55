import { loadData, openGpu, predictor } from 'paredown/node';
import { integer, oneOf, path } from './common/arguments.ts';
import { asTrained } from './common/as-trained.ts';
import { command, parsed } from './common/command.ts';
import { confusionText } from './common/confusion.ts';
import { DATA_DIR_HELP, DATA_HELP, SIZE_HELP } from './common/data-options.ts';
import { sourceOf } from './common/data-source.ts';
import { grouped, percent } from './common/format.ts';
import { interruptible } from './common/interruptible.ts';
import { printJson } from './common/json-line.ts';
import { MODEL_HELP, openModel } from './common/model-file.ts';
import { addScaling, bytesInput, type Scaling } from './common/scaling.ts';

interface Options extends Scaling {
  readonly data: string;
  readonly split: 'train' | 'validation' | 'test';
  readonly dataDir?: string;
  readonly size?: number;
  readonly batch: number;
  readonly json?: boolean;
}

const NOTES = `
Arguments:
  MODEL  ${MODEL_HELP}

The images of a folder are resized to what the model takes, and its classes are found by their names where the model knows them.
Their bytes are scaled as the model tells; one that does not, or was trained on floats, needs --scale. A folder without splits of its own
is divided as \`paredown train\` divides it: what the model was trained on is in no test image.

Examples:
  paredown evaluate runs/train/my-images --data my-images
  paredown evaluate model.safetensors --data mnist --json

Exit code: 0 after success, 1 after a failure, 2 for a wrong option, 130 after Ctrl-C.`;

/** `paredown evaluate`. Returns the exit code. */
export async function evaluateCommand(args: readonly string[]): Promise<number> {
  const usage = 'MODEL --data DATA [options]';
  const line = command('paredown evaluate', usage, 'Loss, accuracy and confusion of a trained model on a data set.', NOTES)
    .argument('<model>')
    .requiredOption('--data <name>', DATA_HELP)
    .option('--split <name>', 'train, validation or test', oneOf('train', 'validation', 'test'), 'test')
    .option('--data-dir <folder>', DATA_DIR_HELP, path)
    .option('--size <n>', `${SIZE_HELP} [what the model takes]`, integer(1, 4096))
    .option('--batch <n>', 'images at once', integer(1, 65_536), 64)
    .option('--json', 'print one JSON object');
  addScaling(line);
  const given = parsed<Options>(line, args);
  if (!given) return 0;
  const { operands, options } = given;
  return interruptible((signal) => evaluate(operands[0], options, signal), 'Stopped.');
}

async function evaluate(name: string | undefined, options: Options, signal: AbortSignal): Promise<number> {
  const { split, json } = options;
  const source = await sourceOf(options.data, options.size, options.dataDir);
  const file = await openModel(name);
  const input = bytesInput(file, options);
  const { notes, ...loaded } = await loadData(source, { signal, shape: file.model.input });
  if (!json) for (const note of notes) process.stdout.write(`${note}\n`);
  const data = asTrained(loaded[split], file, input);
  await using gpu = await openGpu({ signal });
  const batching = { batch: Math.min(options.batch, data.size) };
  await using network = file.quantized
    ? await predictor(gpu, file.quantized, batching)
    : await predictor(gpu, file.model, file.weights, batching);
  const { loss, accuracy, confusion } = await network.evaluate(data, { signal });
  const facts = { model: file.path, data: loaded.name, split, samples: data.size };
  if (json) {
    printJson({ type: 'evaluation', ...facts, loss, accuracy, confusion, classNames: data.classNames, adapter: gpu.info });
    return 0;
  }
  process.stdout.write(`\n${confusionText(confusion, data.classNames)}`);
  const lines = [
    `${grouped(data.size)} ${split} samples of ${loaded.name}`,
    ...(accuracy === undefined ? [] : [`accuracy  ${percent(accuracy)}`]),
    `loss      ${loss.toFixed(4)}`,
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
  return 0;
}
