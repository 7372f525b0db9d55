import { basename, dirname, extname, join, resolve } from 'node:path';
import { writeFileAtomic } from 'paredown/node';
import { file, oneOf } from './common/arguments.ts';
import { command, parsed } from './common/command.ts';
import { grouped } from './common/format.ts';
import { bytesOf, FORMATS, type Format } from './common/formats.ts';
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
  readonly json?: boolean;
}

const NOTES = `
Arguments:
  MODEL  ${MODEL_HELP}

Formats:
${FORMATS.map(({ name, for: reader }) => `  ${name.padEnd(12)} for ${reader}`).join('\n')}

What the model takes, how pixels are scaled and what its classes are called goes along. What a format can't say is refused. A model that
does not tell how pixels are scaled is told by --scale.

Examples:
  paredown export runs/train/my-images --to onnx --bytes-in
  paredown export runs/train/my-images --to c --name eye --softmax --out firmware
  paredown export net.onnx --to safetensors

Exit code: 0 after success, 1 after a failure, 2 for a wrong option.`;

/** `paredown export`. Returns the exit code. */
export async function exportCommand(args: readonly string[]): Promise<number> {
  const names = FORMATS.map(({ name }) => name);
  const line = command('paredown export', 'MODEL --to FORMAT [options]', 'Writes a trained model for other programs.', NOTES)
    .argument('<model>')
    .requiredOption('--to <format>', names.join(', '), oneOf(...names))
    .option('--out <path>', 'the file, of several files the folder [beside the model]', file)
    .option(
      '--name <name>',
      'what the network is called in source text, and its files, of a single one without --out [network; the file as the model]',
      file,
    )
    .option('--softmax', 'end with probabilities, where the model ends with logits')
    .option('--bytes-in', 'take the bytes of pixels, and scale them inside (ONNX)')
    .option('--json', 'print one JSON object');
  addScaling(line);
  const given = parsed<Options>(line, args);
  if (!given) return 0;
  const { options, operands } = given;
  const format = FORMATS.find(({ name }) => name === options.to);
  if (!format) throw new UsageError(`--to ${options.to}: there is no such format`);
  for (const [flag, option] of [
    ['--softmax', 'softmax'],
    ['--bytes-in', 'bytesIn'],
  ] as const)
    if (options[option] && !format.can.includes(option)) throw new UsageError(`${flag} is not for ${format.name}`);
  if (options.name !== undefined && options.out !== undefined && !format.folder)
    throw new UsageError(`--name and --out: give one of the two; ${format.name} is one file, and --out names it`);
  const model = described(await openModel(operands[0]), options);
  const files = contents(model, format, options);
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

function contents(model: ModelFile, format: Format, { out, name, softmax = false, bytesIn = false }: Options) {
  const own = basename(model.path, extname(model.path));
  const files = Object.entries(
    format.encode(model, { softmax, bytesIn, vectors: 3, name: name ?? (format.folder ? 'network' : own) }),
  );
  const placed = files.map(([file, content]) => ({
    path: out === undefined ? join(dirname(model.path), file) : format.folder ? join(out, file) : out,
    content,
  }));
  const over = placed.find(({ path }) => resolve(path) === resolve(model.path));
  if (over) throw new UsageError(`${over.path} is the model itself: name another file by --out`);
  return placed;
}
