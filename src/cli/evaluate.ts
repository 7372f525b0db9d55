import { type Dataset, dataset, type InputDescription, openGpu, predictor } from 'paredown/node';
import { integer, oneOf, path } from './common/arguments.ts';
import { command, parsed } from './common/command.ts';
import { confusionText } from './common/confusion.ts';
import { DATA_DIR_HELP, DATA_HELP, SIZE_HELP } from './common/data-options.ts';
import { loadData, sourceOf } from './common/data-source.ts';
import { grouped, percent } from './common/format.ts';
import { interruptible } from './common/interruptible.ts';
import { printJson } from './common/json-line.ts';
import { MODEL_HELP, type ModelFile, openModel } from './common/model-file.ts';
import { addScaling, bytesInput, type Scaling } from './common/scaling.ts';
import { UsageError } from './common/usage-error.ts';

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
  await using network = await predictor(gpu, file.model, file.weights, { batch: Math.min(options.batch, data.size) });
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

/** The data as the model was trained to see them: scaled so, and labelled by its classes. Throws a UsageError where they do not fit. */
function asTrained(data: Dataset, { path: file, model }: ModelFile, { scale, offset, classNames }: InputDescription): Dataset {
  const shape = (sizes: readonly number[]) => `[${sizes.join(', ')}]`;
  if (data.inputShape.join() !== model.input.join())
    throw new UsageError(`${file} takes samples of ${shape(model.input)}, ${data.name} has ${shape(data.inputShape)}`);
  const scaled = { ...data, scale, offset };
  if (!classNames || !data.classNames || classNames.join('\n') === data.classNames.join('\n')) return dataset(scaled);
  const ownLabels = data.classNames.map((name) => classNames.indexOf(name));
  const unknown = data.classNames.filter((_, label) => ownLabels[label] === -1);
  if (unknown.length > 0)
    throw new UsageError(`${file} does not know the classes ${unknown.join(', ')}; its classes are ${classNames.join(', ')}`);
  const y = Int32Array.from(data.y, (label) => ownLabels[label] ?? 0);
  return dataset({ ...scaled, y, classes: classNames.length, classNames });
}
