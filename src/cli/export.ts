import { basename, dirname, extname, join, resolve } from 'node:path';
import { InvalidArgumentError } from 'commander';
import {
  dataset,
  type ExportFormat,
  exportFormats,
  loadData,
  openGpu,
  type QuantizedModel,
  quantize,
  type WeightBits,
  writeFileAtomic,
} from 'paredown/node';
import { file, integer, oneOf, path } from './common/arguments.ts';
import { command, parsed } from './common/command.ts';
import { DATA_DIR_HELP, DATA_HELP, SIZE_HELP } from './common/data-options.ts';
import { sourceOf } from './common/data-source.ts';
import { grouped } from './common/format.ts';
import { bytesOf, filesOf, leavingIntegers } from './common/formats.ts';
import { interruptible } from './common/interruptible.ts';
import { printJson } from './common/json-line.ts';
import { MODEL_HELP, type ModelFile, openModel } from './common/model-file.ts';
import { addScaling, bytesInput, type Scaling } from './common/scaling.ts';
import { UsageError } from './common/usage-error.ts';

interface Options extends Scaling {
  readonly to: string;
  readonly out?: string;
  readonly name?: string;
  readonly softmax?: boolean;
  readonly bytesIn?: boolean;
  readonly quantize?: WeightBits;
  readonly data?: string;
  readonly dataDir?: string;
  readonly size?: number;
  readonly json?: boolean;
}

const NOTES = `
Arguments:
  MODEL  ${MODEL_HELP}

Formats:
${exportFormats.map(({ name, for: reader }) => `  ${name.padEnd(12)} for ${reader}`).join('\n')}

What the model takes, how pixels are scaled and what its classes are called goes along. What a format can't say is refused. A model that
does not tell how pixels are scaled is told by --scale.

Examples:
  paredown export runs/train/my-images --to onnx --bytes-in
  paredown export runs/train/my-images --to c --name eye --softmax --out firmware
  paredown export net.onnx --to safetensors
  paredown export runs/train/my-images --to c --quantize 8 --data my-images
  paredown export runs/train/my-images --to html --name "Cats and dogs"

With --quantize the network leaves in integers: weights of so many bits, values of 8 between them, whose ranges are found by the training
images of --data. A compressed model that holds integers already leaves with these, without --quantize.

Exit code: 0 after success, 1 after a failure, 2 for a wrong option, 130 after Ctrl-C.`;

/** `paredown export`. Returns the exit code. */
export async function exportCommand(args: readonly string[]): Promise<number> {
  const names = exportFormats.map(({ name }) => name);
  const line = command('paredown export', 'MODEL --to FORMAT [options]', 'Writes a trained model for other programs.', NOTES)
    .argument('<model>')
    .requiredOption('--to <format>', names.join(', '), oneOf(...names))
    .option('--out <path>', 'the file, of several files the folder [beside the model]', file)
    .option(
      '--name <name>',
      'what the network is called in source text and as a heading, and its files, of a single one without --out [network; the file as the model]',
      file,
    )
    .option('--softmax', 'end with probabilities, where the model ends with logits')
    .option('--bytes-in', 'take the bytes of pixels, and scale them inside (ONNX)')
    .option('--quantize <bits>', `integers, weights of 8, 6, 5, 4, 3 or 2 bits (${quantizing().join(', ')})`, weightBits)
    .option('--data <name>', `what the ranges of integers are found by: ${DATA_HELP}`)
    .option('--data-dir <folder>', DATA_DIR_HELP, path)
    .option('--size <n>', `${SIZE_HELP} [what the model takes]`, integer(1, 4096))
    .option('--json', 'print one JSON object');
  addScaling(line);
  const given = parsed<Options>(line, args);
  if (!given) return 0;
  const { options, operands } = given;
  const format = exportFormats.find(({ name }) => name === options.to);
  if (!format) throw new UsageError(`--to ${options.to}: there is no such format`);
  for (const [flag, option] of [
    ['--softmax', 'softmax'],
    ['--bytes-in', 'bytesIn'],
  ] as const)
    if (options[option] && !format.can.includes(option)) throw new UsageError(`${flag} is not for ${format.name}`);
  if (options.name !== undefined && options.out !== undefined && !format.folder)
    throw new UsageError(`--name and --out: give one of the two; ${format.name} is one file, and --out names it`);
  checkQuantizing(format, options);
  return interruptible((signal) => exported(operands[0], format, options, signal), 'Stopped.');
}

async function exported(name: string | undefined, format: ExportFormat, options: Options, signal: AbortSignal): Promise<number> {
  const model = described(await openModel(name), options);
  const files = contents(model, format, options, await quantizedOf(model, format, options, signal));
  // All is encoded before anything is written.
  for (const { path, content } of files) await writeFileAtomic(path, content);
  const written = files.map(({ path, content }) => ({ path, bytes: bytesOf(content) }));
  if (options.json) printJson({ type: 'export', model: model.path, to: format.name, files: written });
  else process.stdout.write(written.map(({ path, bytes }) => `${path}: ${grouped(bytes)} bytes\n`).join(''));
  return 0;
}

/** The model with what was typed of its input. Throws a UsageError where that is needed, and not known. */
function described(model: ModelFile, { scale, offset, bytesIn }: Options): ModelFile {
  const asked = scale !== undefined || offset !== undefined || bytesIn;
  return asked ? { ...model, input: bytesInput(model, { scale, offset }) } : model;
}

/** The formats that have integers. */
function quantizing(): string[] {
  return exportFormats.filter(({ integers }) => integers).map(({ name }) => name);
}

const WEIGHT_BITS = [8, 6, 5, 4, 3, 2] as const;

function weightBits(text: string): WeightBits {
  const bits = WEIGHT_BITS.find((one) => `${one}` === text);
  if (bits === undefined) throw new InvalidArgumentError(`It must be ${WEIGHT_BITS.join(', ')}.`);
  return bits;
}

/** Throws a UsageError unless what is asked for goes together. */
function checkQuantizing(format: ExportFormat, { quantize: bits, data, softmax, dataDir, size }: Options): void {
  if (bits === undefined) {
    const alone = [['--data', data] as const, ['--data-dir', dataDir] as const, ['--size', size] as const].find(
      ([, value]) => value,
    );
    if (alone) throw new UsageError(`${alone[0]} tells the ranges of integers: give --quantize too`);
    return;
  }
  if (!format.integers)
    throw new UsageError(`--quantize is not for ${format.name}; integers leave as ${quantizing().join(', ')}`);
  if (data === undefined) throw new UsageError('--quantize needs --data, some data that the model was trained on');
  if (softmax && !format.integers.can.includes('softmax'))
    throw new UsageError('--softmax has no form in integers; leave it out');
}

/** The integers that leave: made now, or those that the file holds. */
async function quantizedOf(
  model: ModelFile,
  format: ExportFormat,
  { quantize: bits, data, dataDir, size, softmax }: Options,
  signal: AbortSignal,
): Promise<QuantizedModel | undefined> {
  if (bits === undefined || data === undefined)
    return softmax && !format.integers?.can.includes('softmax') ? undefined : leavingIntegers(model, format);
  const source = await sourceOf(data, size, dataDir);
  const input = bytesInput(model, {});
  const { train } = await loadData(source, { signal, shape: model.model.input });
  const { scale, offset } = input;
  await using gpu = await openGpu({ signal });
  // Awaited here: the GPU goes when this ends.
  return await quantize(gpu, model.model, model.weights, {
    weights: bits,
    calibration: dataset({ ...train, scale, offset }),
    input,
  });
}

function contents(
  model: ModelFile,
  format: ExportFormat,
  { out, name, softmax = false, bytesIn = false }: Options,
  quantized: QuantizedModel | undefined,
) {
  const own = basename(model.path, extname(model.path));
  const options = {
    softmax,
    bytesIn,
    vectors: 3,
    name: name ?? (format.folder ? 'network' : own),
    ...(name !== undefined && { title: name }),
  };
  const files = Object.entries(filesOf(format, model, options, quantized));
  const placed = files.map(([file, content]) => ({
    path: out === undefined ? join(dirname(model.path), file) : format.folder ? join(out, file) : out,
    content,
  }));
  const over = placed.find(({ path }) => resolve(path) === resolve(model.path));
  if (over) throw new UsageError(`${over.path} is the model itself: name another file by --out`);
  return placed;
}
