import { type Classifier, classifier, type DecodedImage, type DecodedModel, openGpu, readImage } from 'paredown/node';
import { integer } from './common/arguments.ts';
import { command, parsed } from './common/command.ts';
import { explain } from './common/failure.ts';
import { interruptible } from './common/interruptible.ts';
import { printJson } from './common/json-line.ts';
import { MODEL_HELP, type ModelFile, openModel } from './common/model-file.ts';
import { UsageError } from './common/usage-error.ts';
import { imagesOf } from './predict/images.ts';
import { anyNumber, factor } from './predict/scaling.ts';

interface Options {
  readonly top: number;
  readonly scale?: number;
  readonly offset?: number;
  readonly json?: boolean;
}

const NOTES = `
Arguments:
  MODEL  ${MODEL_HELP}
  IMAGE  PNG and JPEG files of any size, or folders of them: each is resized to what the model takes, gray or coloured

Prints for each image the most probable classes. What can't be read is named on stderr, and the others are predicted.

Examples:
  paredown predict runs/train/my-images new.png holidays/
  paredown predict net.onnx new.png --scale 1/255 --top 5

Exit code: 0 when every image was predicted, 1 when one could not be, 2 for a wrong option, 130 after Ctrl-C.`;

/** Read and predicted together. */
const TOGETHER = 64;

/** `paredown predict`. Returns the exit code. */
export async function predictCommand(args: readonly string[]): Promise<number> {
  const line = command('paredown predict', 'MODEL IMAGE... [options]', 'Tells what images show.', NOTES)
    .argument('<model>')
    .argument('<images...>')
    .option('--top <n>', 'the most probable classes of each image', integer(1, 1e6), 3)
    .option('--scale <x>', 'a stored byte b is to the model b * scale + offset, such as 1/255 [as the model tells]', factor)
    .option('--offset <x>', 'see --scale [as the model tells]', anyNumber)
    .option('--json', 'print one JSON object an image, with all classes');
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
  const decoded = scaled(await openModel(name), options);
  const { images, missing } = await imagesOf(operands);
  const failed = (image: string, message: string) => {
    if (options.json) printJson({ type: 'error', image, message });
    process.stderr.write(`${image}: ${message.startsWith(`${image}: `) ? message.slice(image.length + 2) : message}\n`);
  };
  for (const { path, problem } of missing) failed(path, problem);
  await using gpu = await openGpu({ signal });
  const network = await classifier(gpu, decoded, { batch: TOGETHER });
  const width = Math.max(0, ...images.map((path) => path.length));
  let unread = 0;
  try {
    for (let first = 0; first < images.length; first += TOGETHER) {
      signal.throwIfAborted();
      const paths = images.slice(first, first + TOGETHER);
      const read = await Promise.all(paths.map(readable));
      unread += read.filter(({ problem }) => problem !== undefined).length;
      const answers = await network.classify(read.flatMap(({ image }) => image ?? []));
      for (const { path, problem } of read) {
        const classes = problem === undefined ? answers.shift() : undefined;
        if (!classes) failed(path, problem ?? '');
        else if (options.json) printJson({ type: 'prediction', image: path, classes });
        else process.stdout.write(`${path.padEnd(width)}${inWords(classes.slice(0, options.top))}\n`);
      }
    }
  } finally {
    await network.destroy();
  }
  return unread + missing.length > 0 ? 1 : 0;
}

type Classes = Awaited<ReturnType<Classifier['classify']>>;

/** `  cat 98.2%  dog 1.1%` */
function inWords(classes: Classes): string {
  return classes.map((one) => `  ${one.class} ${(100 * one.probability).toFixed(1)}%`).join('');
}

async function readable(path: string): Promise<{ path: string; image?: DecodedImage; problem?: string }> {
  try {
    return { path, image: await readImage(path) };
  } catch (error) {
    return { path, problem: explain(error).message };
  }
}

/** The model with what was typed of its input. Throws a UsageError where neither tells how pixels are scaled. */
function scaled({ path, model, weights, input }: ModelFile, { scale, offset }: Options): DecodedModel {
  if (scale === undefined && offset === undefined && input) return { model, weights, input };
  if (scale === undefined && !input)
    throw new UsageError(
      `${path} does not tell how the bytes of its images are scaled: give --scale 1/255 where it learnt from 0 to 1, ` +
        '--scale 2/255 --offset -1 from -1 to 1, --scale 1 from 0 to 255',
    );
  const before = input ?? { shape: model.input, scale: 1, offset: 0 };
  const typed = { ...(scale !== undefined && { scale }), ...(offset !== undefined && { offset }) };
  return { model, weights, input: { ...before, dtype: 'uint8', ...typed } };
}
