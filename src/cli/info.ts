import { costsOf, describe, exportFormats, layerTable } from 'paredown/node';
import { command, parsed } from './common/command.ts';
import { explain } from './common/failure.ts';
import { grouped, hangingIndent, percent } from './common/format.ts';
import { bytesOf, filesOf, leavingIntegers } from './common/formats.ts';
import { printJson } from './common/json-line.ts';
import { MODEL_HELP, type ModelFile, openModel } from './common/model-file.ts';
import { optimizerInWords } from './common/training/run-options.ts';
import { aboutText } from './info/about.ts';
import { type Origin, originOf } from './info/origin.ts';

const NOTES = `
Arguments:
  MODEL  ${MODEL_HELP}

Tells the layers, what the model takes and what its classes are called, how large it is in each format (it is encoded to know), and
how it was trained, where the file tells it or lies in the folder of its run.

Example:
  paredown info runs/train/my-images`;

interface Size {
  readonly format: string;
  /** Of its files. */
  readonly bytes?: number;
  /** Whether the integers of the file leave in it. */
  readonly integers?: boolean;
  /** Of constants in flash, beside the code, and of values in RAM. */
  readonly constantBytes?: number;
  readonly arenaBytes?: number;
  /** Why it can't be had. */
  readonly refused?: string;
}

/** `paredown info`. Returns the exit code. */
export async function infoCommand(args: readonly string[]): Promise<number> {
  const line = command('paredown info', 'MODEL [options]', 'What a trained model is.', NOTES)
    .argument('<model>')
    .option('--json', 'print one JSON object');
  const given = parsed<{ readonly json?: boolean }>(line, args);
  if (!given) return 0;
  const file = await openModel(given.operands[0]);
  const { model, input, about } = file;
  const origin = await originOf(file);
  const sizes = sizesOf(file);
  if (given.options.json)
    printJson({
      type: 'info',
      path: file.path,
      format: file.format,
      bytes: file.bytes,
      model,
      input,
      ...(file.quantized && { bits: file.quantized.bits }),
      ...describe(model),
      deployedParameters: costsOf(model).parameters,
      sizes,
      origin,
      about,
    });
  else process.stdout.write(text(file, sizes, origin));
  return 0;
}

function sizesOf(file: ModelFile): Size[] {
  return exportFormats.map((format) => {
    const { name, running } = format;
    try {
      const quantized = leavingIntegers(file, format);
      const files = Object.values(
        filesOf(format, file, { softmax: false, bytesIn: false, vectors: 0, name: 'network' }, quantized),
      );
      const bytes = files.reduce((sum, content) => sum + bytesOf(content), 0);
      return { format: name, bytes, ...(quantized && { integers: true }), ...running?.(file, quantized) };
    } catch (error) {
      return { format: name, refused: explain(error).message };
    }
  });
}

/** What the integers of a file are. */
function integersText({ quantized }: ModelFile): string {
  if (!quantized) return '';
  const { weights, activations } = quantized.bits;
  return `weights of ${weights} bits, ${activations === 'float' ? 'floats' : `values of ${activations} bits`} between layers`;
}

function text(file: ModelFile, sizes: readonly Size[], origin: Origin | undefined): string {
  const { path, format, bytes, model, input, about } = file;
  const { parameters, macs, peakActivationBytes, hash } = describe(model);
  const deployed = costsOf(model).parameters;
  const folded = deployed === parameters ? '' : ` (${grouped(deployed)} once each normalisation is folded, as exports do)`;
  const counts = `${grouped(parameters)} parameters${folded}, ${grouped(macs)} multiply-accumulates, ${grouped(peakActivationBytes)} bytes of activations at once`;
  const told = origin ? originText(origin) : aboutText(about);
  const facts = [
    ['input', inputText(file)],
    ...(input?.classNames ? [['classes', `${input.classNames.length}: ${input.classNames.join(', ')}`]] : []),
    ...(input?.dataName === undefined
      ? []
      : [['data', `${input.dataName}${input.dataHash === undefined ? '' : `, SHA-256 ${input.dataHash.slice(0, 16)}...`}`]]),
    ...(told === '' ? [] : [['training', told]]),
    ...(file.quantized ? [['integers', integersText(file)]] : []),
    ['counts', counts],
    ['hash', hash],
    ...sizes.map((size, index) => [index === 0 ? 'sizes' : '', `${size.format.padEnd(12)}${sizeText(size)}`]),
  ];
  const columns = Math.max(60, process.stdout.columns ?? 120);
  const lines = facts.map(([label = '', value = '']) => hangingIndent(`${label.padEnd(10)}${value}`, columns, 10));
  return `${path}: ${format}, ${grouped(bytes)} bytes\n\n${layerTable(model)}\n\n${lines.join('\n')}\n`;
}

function sizeText({ bytes = 0, integers, constantBytes, arenaBytes, refused }: Size): string {
  if (refused !== undefined) return refused;
  const text = `${grouped(bytes).padStart(11)} bytes${integers ? ' in integers' : ''}`;
  if (constantBytes === undefined || arenaBytes === undefined) return text;
  return `${text} of text; at work ${grouped(constantBytes)} bytes of flash beside the code, ${grouped(arenaBytes)} of RAM`;
}

function inputText({ model, input }: ModelFile): string {
  const shape = model.input.join(' x ');
  if (!input) return `${shape}; the file does not tell how it is scaled, nor what its classes are called`;
  const { scale, offset, dtype = 'uint8' } = input;
  const factor =
    Math.abs(1 / scale - Math.round(1 / scale)) < 1e-6 * Math.abs(1 / scale) ? `1/${Math.round(1 / scale)}` : String(scale);
  const scaled = scale === 1 ? '' : ` times ${factor}`;
  const moved = offset === 0 ? '' : ` ${offset < 0 ? '-' : '+'} ${Math.abs(offset)}`;
  return `${shape} ${dtype === 'uint8' ? 'bytes' : 'floats'}${scaled}${moved}`;
}

function originText({ record, result }: Origin): string {
  const { options, data, started, versions, adapter } = record;
  const steps = `${grouped(result?.step ?? options.steps)} steps of ${options.batch}`;
  return [
    `${steps}, ${optimizerInWords(options)}, seed ${options.seed}`,
    ...(result?.test.accuracy === undefined
      ? []
      : [`test accuracy ${percent(result.test.accuracy)} on ${grouped(data.sizes.test)} samples`]),
    `${started.slice(0, 10)} by paredown ${versions.paredown} on ${adapter.description || adapter.device || adapter.vendor}`,
  ].join('; ');
}
