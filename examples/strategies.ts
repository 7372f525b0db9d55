// Compares the strategies of the search at an equal budget of training samples:   npm run strategies -- [options]
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type Gpu,
  GpuEvaluator,
  lockFolder,
  mnist,
  type Objective,
  openGpu,
  openStudy,
  type Problem,
  STRATEGIES,
  samplesOf,
  search,
  searchProblem,
  strategyNamed,
  type TrialData,
  VERSION,
  writeFileAtomic,
  zoo,
} from 'paredown/node';
import { integer, path, regex } from '../src/cli/common/arguments.ts';
import { command, parsed } from '../src/cli/common/command.ts';
import { explain } from '../src/cli/common/failure.ts';
import { undefinedIfMissing } from '../src/cli/common/files.ts';
import { duration, grouped, percent } from '../src/cli/common/format.ts';
import { INTERRUPTED, Interrupt } from '../src/cli/common/interrupt.ts';
import { startedAs } from '../src/cli/common/invocation.ts';
import { UsageError } from '../src/cli/common/usage-error.ts';
import { type Repeat, writeComparison } from './strategies/comparison.ts';

/** What a strategy that takes away begins with. */
const START = 'dhingra/optimized';

interface Options {
  readonly floor: number;
  readonly budget: number;
  readonly epochs: number;
  readonly maxMacs: number;
  readonly repeats: number;
  readonly only?: RegExp;
  readonly dataDir?: string;
  readonly out: string;
}

const NOTES = `
Each strategy searches MNIST for the fewest parameters that hold the floor, once for each repeat, whose number is the seed of its
choices. What counts is the smallest network that was shown to hold the floor (five seeds, a one-sided 95% t-bound) by a trial that began
before the budget was spent; no test data are touched. All train at one learning rate; pare begins with ${START}. A limit of multiply-accumulates keeps the space the same for all, and its trainings short.

Finished trials are kept in DIR, and the same command goes on; --only runs a part of it, so that two processes can share the work:
  npm run strategies -- --only 'evolve'                 and, beside it,
  npm run strategies -- --only 'greedy|random'          and then, for the table of them all,
  npm run strategies -- --only 'evolve|greedy|random'`;

function parseOptions(args: readonly string[]): Options | undefined {
  const line = command(
    'strategies',
    '[options]',
    'Compares the strategies of the search at an equal budget of training samples.',
    NOTES,
  )
    .option('--floor <share>', 'validation accuracy to hold', Number, 0.95)
    .option(
      '--budget <samples>',
      'training samples of each search, over all replicas',
      integer(1, Number.MAX_SAFE_INTEGER),
      20_000_000,
    )
    .option('--epochs <n>', 'passes over the training data of a training of full length', integer(1, 1000), 3)
    .option('--max-macs <n>', 'multiply-accumulates that no network may exceed', integer(1, Number.MAX_SAFE_INTEGER), 100_000)
    .option('--repeats <n>', 'searches of each strategy', integer(1, 100), 3)
    .option('--only <regex>', 'only strategies whose names match', regex)
    .option('--data-dir <dir>', 'folder of MNIST [PAREDOWN_DATA, else downloaded]', path)
    .option('--out <dir>', 'folder of the studies and the table', path, 'runs/strategies');
  const options = parsed<Options>(line, args)?.options;
  if (options && !(options.floor > 0 && options.floor < 1)) throw new UsageError('--floor must be between 0 and 1, such as 0.95');
  return options;
}

/** Of all strategies: what one gains by choosing it is not what is compared. */
const RATE = 0.02;

/** Throws a UsageError where the folder holds a search for something else. */
async function checkAsked(folder: string, asked: object): Promise<void> {
  const file = join(folder, 'asked.json');
  const text = JSON.stringify(asked);
  const kept = await readFile(file, 'utf8').catch(undefinedIfMissing);
  if (kept === undefined) return writeFileAtomic(file, text);
  if (kept !== text) throw new UsageError(`${folder} holds a search for ${kept}; give another --out`);
}

/** The smallest network that a search showed to hold the floor within the budget. */
async function repeat(
  gpu: Gpu,
  data: TrialData,
  name: string,
  seed: number,
  options: Options,
  signal: AbortSignal,
): Promise<Repeat> {
  const { floor, budget, epochs, maxMacs, out } = options;
  const limits: Objective['limits'] = { macs: maxMacs };
  const { needsStart } = strategyNamed(name);
  const asked = {
    floor,
    limits,
    samples: epochs * data.train.size,
    rates: [RATE],
    seed,
    ...(needsStart && { start: zoo[START] }),
  };
  const evaluator = await GpuEvaluator.create(gpu, data);
  const folder = join(out, `${name}-${seed}`);
  await using _lock = await lockFolder(folder);
  await checkAsked(folder, { ...asked, strategy: name });
  const study = await openStudy(folder, evaluator.context);
  const problem: Problem = searchProblem(data, asked);
  const evaluators = [evaluator];
  const run = search(gpu, data, {
    ...asked,
    strategy: strategyNamed(name),
    study,
    evaluators,
    budget: { samples: budget },
    finish: false,
    signal,
  });
  for await (const step of run) {
    if (step.type !== 'trial') continue;
    const { record, best } = step;
    const found = best ? `${grouped(best.costs.parameters)} parameters` : 'none yet';
    process.stdout.write(
      `${name} ${seed}: trial ${record.number + 1}, ${percent(samplesOf(study.records) / budget)} of the budget, best: ${found} (${duration(record.wallMs)})\n`,
    );
  }
  return { strategy: name, seed, problem, records: study.records };
}

async function main(args: readonly string[]): Promise<number> {
  const interrupt = new Interrupt(
    () => process.stderr.write('Stopping ... (Ctrl-C once more stops at once)\n'),
    () => undefined,
  );
  const typed = startedAs('strategies', args);
  try {
    const options = parseOptions(args);
    if (!options) return 0;
    const names = Object.keys(STRATEGIES).filter((name) => options.only?.test(name) ?? true);
    if (names.length === 0)
      throw new UsageError(`--only ${options.only?.source}: there are ${Object.keys(STRATEGIES).join(', ')}`);
    await using gpu = await openGpu();
    const data = await mnist({ ...(options.dataDir !== undefined && { dir: options.dataDir }), signal: interrupt.signal });
    const repeats: Repeat[] = [];
    for (let seed = 1; seed <= options.repeats; seed++)
      for (const name of names) repeats.push(await repeat(gpu, data, name, seed, options, interrupt.signal));
    const { budget, out } = options;
    const adapter = gpu.info.description || gpu.info.device || gpu.info.vendor;
    process.stdout.write(await writeComparison(out, repeats, { budget, command: typed, adapter, version: VERSION }));
    return 0;
  } catch (error) {
    if (interrupt.signal.aborted && error instanceof Error && error.name === 'AbortError') {
      process.stderr.write(`Stopped. Every finished trial is kept; to go on: ${typed}\n`);
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
