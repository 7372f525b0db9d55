import { type Classification, classifier, openGpu } from 'paredown/node';
import { integer } from './common/arguments.ts';
import { command, parsed } from './common/command.ts';
import { interruptible } from './common/interruptible.ts';
import { printJson } from './common/json-line.ts';
import { MODEL_HELP, type ModelFile, openModel } from './common/model-file.ts';
import { addScaling, bytesInput, type Scaling } from './common/scaling.ts';
import { UsageError } from './common/usage-error.ts';
import { answersFor, inGroups } from './predict/groups.ts';
import { imagesOf } from './predict/images.ts';

interface Options extends Scaling {
  readonly top: number;
  readonly json?: boolean;
}

const NOTES = `
Arguments:
  MODEL  ${MODEL_HELP}
  IMAGE  PNG and JPEG files of any size, or folders of them: each is resized to what the model takes, gray or coloured

Prints for each image the most probable classes. What can't be read or predicted is named on stderr (with --json on stdout, as an object), and the others are predicted.

Examples:
  paredown predict runs/train/my-images new.png holidays/
  paredown predict net.onnx new.png --scale 1/255 --top 5

Exit code: 0 when every image was predicted, 1 when one could not be, 2 for a wrong option, 130 after Ctrl-C.`;

/** Read and predicted together: so many, and of large ones no more than have so many pixels, of up to three bytes. */
const TOGETHER = { images: 64, pixels: 2 ** 24 };

/** `paredown predict`. Returns the exit code. */
export async function predictCommand(args: readonly string[]): Promise<number> {
  const line = command('paredown predict', 'MODEL IMAGE... [options]', 'Tells what images show.', NOTES)
    .argument('<model>')
    .argument('<image...>')
    .option('--top <n>', 'the most probable classes of each image', integer(1, 1e6), 3)
    .option('--json', 'print one JSON object an image, with all classes');
  addScaling(line);
  const given = parsed<Options>(line, args);
  if (!given) return 0;
  const [model, ...images] = given.operands;
  return interruptible((signal) => predict(model, images, given.options, signal), 'Stopped.');
}

async function predict(
  name: string | undefined,
  operands: readonly string[],
  options: Options,
  signal: AbortSignal,
): Promise<number> {
  const file = await openModel(name);
  refuseOtherInput(file);
  const input = bytesInput(file, options);
  const { images, missing } = await imagesOf(operands);
  const failed = (image: string, message: string) => {
    if (options.json) printJson({ type: 'error', image, message });
    else process.stderr.write(`${image}: ${message.startsWith(`${image}: `) ? message.slice(image.length + 2) : message}\n`);
  };
  for (const { path, problem } of missing) failed(path, problem);
  await using gpu = await openGpu({ signal });
  const { model, weights } = file;
  await using network = await classifier(gpu, { model, weights, input }, { batch: TOGETHER.images });
  const width = Math.max(0, ...images.map((path) => path.length));
  let failures = missing.length;
  for await (const group of inGroups(images, TOGETHER)) {
    signal.throwIfAborted();
    for (const { path, classes, problem } of await answersFor(group, network)) {
      if (!classes) {
        failures++;
        failed(path, problem);
      } else if (options.json) printJson({ type: 'prediction', image: path, classes });
      else process.stdout.write(`${path.padEnd(width)}${inWords(classes.slice(0, options.top))}\n`);
    }
  }
  return failures > 0 ? 1 : 0;
}

/** `  cat 98.2%  dog 1.1%` */
function inWords(classes: readonly Classification[]): string {
  return classes.map((one) => `  ${one.class} ${(100 * one.probability).toFixed(1)}%`).join('');
}

/** Throws a UsageError for a model that takes no images. */
function refuseOtherInput({ path, model: { input } }: ModelFile): void {
  const [, , channels] = input;
  if (input.length !== 3 || (channels !== 1 && channels !== 3))
    throw new UsageError(`${path} takes [${input.join(', ')}], not images: [height, width, 1 or 3]`);
}
