// Measures the kernel variants of a network on this adapter and remembers the fastest for later trainings:
//   npm run tune -- [--model FILE] [--batch N] ...
import { InvalidArgumentError } from 'commander';
import {
  adam,
  type Gpu,
  type Loss,
  load,
  type Model,
  OptionError,
  openGpu,
  parseModel,
  readJson,
  type TunedKernel,
  toJson,
  tune,
} from 'paredown/node';
import { command, parsed } from '../src/cli/common/command.ts';
import { explain } from '../src/cli/common/failure.ts';
import { duration } from '../src/cli/common/format.ts';
import { INTERRUPTED, Interrupt, isAbort } from '../src/cli/common/interrupt.ts';
import { baselineNetwork } from './baseline/network.ts';

interface Options {
  readonly model?: string;
  readonly batch: number;
  readonly loss: Exclude<Loss, object>;
  readonly mode: 'quick' | 'full';
  readonly budget?: number;
  readonly fresh: boolean;
  readonly json: boolean;
}

const NOTES = `
For each kernel of a training step and of an evaluation, and each shape, every variant that this adapter can run is timed; the
fastest is kept in the user's cache, by adapter, driver, engine version and shape. A training uses what is kept there with
tune: 'quick' or 'full' (npm run baseline -- --tune quick). Ctrl-C keeps what was finished.`;

/** Undefined: help was asked for, and printed. Throws a UsageError. */
function parseOptions(args: readonly string[]): Options | undefined {
  const count = (text: string) => {
    const value = Number(text);
    if (!Number.isSafeInteger(value) || value < 1) throw new InvalidArgumentError('It must be a positive integer.');
    return value;
  };
  const oneOf =
    <T extends string>(...names: readonly T[]) =>
    (text: string) => {
      const found = names.find((name) => name === text);
      if (!found) throw new InvalidArgumentError(`It must be ${names.join(' or ')}.`);
      return found;
    };
  const line = command(
    'tune',
    '[options]',
    'Measures the kernel variants of a network on this adapter and remembers the fastest.',
    NOTES,
  )
    .option('--model <file>', "a model as JSON, or a saved model.safetensors [the published baseline's network]")
    .option('--batch <n>', 'samples a step', count, 50)
    .option(
      '--loss <name>',
      'softmaxCrossEntropy, meanSquaredError or binaryCrossEntropy',
      oneOf('softmaxCrossEntropy', 'meanSquaredError', 'binaryCrossEntropy'),
      'softmaxCrossEntropy',
    )
    .option(
      '--mode <how>',
      'quick: a few short samples a variant, 5 s in all; full: many longer ones, 2 min',
      oneOf('quick', 'full'),
      'full',
    )
    .option('--budget <seconds>', "seconds in all, instead of the mode's", count)
    .option('--fresh', 'measure again what is remembered', false)
    .option('--json', 'print one JSON object a line', false);
  return parsed<Options>(line, args)?.options;
}

async function readModel(path: string | undefined): Promise<Model> {
  if (path === undefined) return baselineNetwork();
  if (!path.toLowerCase().endsWith('.json')) return (await load(path)).model;
  try {
    return parseModel(await readJson(path, 'it'));
  } catch (error) {
    throw new OptionError(`--model ${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Milliseconds with three digits; a variant that won stands in brackets. */
function timesOf({ times, variant }: TunedKernel): string {
  const sorted = Object.entries(times).sort(([, a], [, b]) => a - b);
  return sorted
    .map(([name, ms]) => (name === variant ? `[${name} ${ms.toPrecision(3)}]` : `${name} ${ms.toPrecision(3)}`))
    .join('  ');
}

function line(kernel: TunedKernel): string {
  const { family, problem, preferred, variant, times, source, done, of } = kernel;
  const gain =
    variant === preferred
      ? ''
      : `, ${((times[preferred] ?? Number.NaN) / (times[variant] ?? Number.NaN)).toFixed(2)} times as fast as ${preferred}`;
  const verdict =
    source === 'table'
      ? `${preferred} by the table: the time was up`
      : `${timesOf(kernel)} ms${gain}${source === 'remembered' ? ' (remembered)' : ''}`;
  return `${String(done).padStart(String(of).length)}/${of}  ${family}: ${problem}\n       ${verdict}`;
}

async function measure(gpu: Gpu, options: Options, signal: AbortSignal): Promise<void> {
  const { batch, loss, mode, budget, fresh, json } = options;
  const network = await readModel(options.model);
  const start = performance.now();
  if (!json) console.log(`${gpu.info.description || gpu.info.vendor}\n`);
  const found = tune(gpu, network, {
    batch,
    loss,
    optimizer: adam(),
    tune: mode,
    fresh,
    signal,
    ...(budget !== undefined && { budgetMs: budget * 1000 }),
  });
  const all: TunedKernel[] = [];
  for await (const kernel of found) {
    all.push(kernel);
    console.log(json ? toJson(kernel) : line(kernel));
  }
  if (json) return;
  const count = (source: TunedKernel['source']) => all.filter((kernel) => kernel.source === source).length;
  const changed = all.filter(({ variant, preferred }) => variant !== preferred).length;
  console.log(
    `\n${count('measured')} measured, ${count('remembered')} remembered, ${count('table')} left to the table, in ${duration(performance.now() - start)}; ` +
      `${changed} of ${all.length} differ from the table.`,
  );
  if (count('table') > 0)
    console.log('The time was up: the same command goes on where this one stopped, and --budget gives it longer.');
}

/** Returns the exit code. */
async function main(args: readonly string[]): Promise<number> {
  const interrupt = new Interrupt(
    () => process.stderr.write('Stopping ... (Ctrl-C once more stops at once)\n'),
    () => undefined,
  );
  try {
    const options = parseOptions(args);
    if (!options) return 0;
    await using gpu = await openGpu({ signal: interrupt.signal });
    await measure(gpu, options, interrupt.signal);
    return 0;
  } catch (error) {
    if (interrupt.signal.aborted && isAbort(error)) {
      process.stderr.write('Stopped. What was finished is remembered.\n');
      return INTERRUPTED;
    }
    const { message, code } = explain(error);
    process.stderr.write(`${message}\n`);
    return code;
  } finally {
    interrupt.close();
  }
}

process.exitCode = await main(process.argv.slice(2));
