import { howTrained, layerTable, type StudyFolder, type TrialRecord } from 'paredown/node';
import { file, path, share } from '../common/arguments.ts';
import { command, parsed } from '../common/command.ts';
import { grouped, percent } from '../common/format.ts';
import { paredownCommand } from '../common/invocation.ts';
import { printJson } from '../common/json-line.ts';
import { say } from '../common/say.ts';
import { UsageError } from '../common/usage-error.ts';
import { type Asked, type Chosen, choose, shortKey } from './chosen.ts';
import { judged, judgedInWords } from './judged.ts';
import { isNetworkFile, saveEachSeed, saveNetwork, saveReplica } from './save-network.ts';
import { bestSeed, type SeedFigures, seedFigures, seedInWords } from './seed-figures.ts';
import { setupOf } from './settings.ts';
import { NONE_HOLDS, type Opened, openWithTest } from './show.ts';
import { sizeOf } from './size.ts';
import { trainAgain } from './train-again.ts';
import { exactPercent } from './values.ts';

const NOTES = `
It tells the layers, what the network came to, how it was trained, and the command that trains it so again: on the same adapter, to the
same weights. The weights are kept of networks that were trained at full length from all seeds.

Examples:
  paredown search best runs/mnist-95 --save best.safetensors
  paredown search best runs/mnist-95 --floor 0.94               the smallest that holds 94%, where none holds the study's 95%
  paredown search best runs/mnist-95 --trial 212                or --trial 3f9a01bc: the beginning of its key

Exit code: 0, 3 when no network holds the floor (it tells what comes nearest), 1 after a failure, 2 for a wrong option.`;

interface Options extends Asked {
  readonly save?: string;
  readonly saveSeeds?: string;
  readonly json?: boolean;
}

/** `paredown search best FOLDER`. Returns the exit code. */
export async function showBest(args: readonly string[]): Promise<number> {
  const usage = 'FOLDER [--floor SHARE | --trial ID] [--save FILE] [--save-seeds NAME]';
  const line = command('paredown search best', usage, 'Shows the smallest network that holds the floor.', NOTES)
    .argument('<folder>')
    .option('--floor <share>', "the smallest that holds this floor, instead of the study's", share)
    .option('--trial <id>', 'the network of this trial: its number, or the beginning of its key')
    .option(
      '--save <file>',
      'write it with the weights of its best seed by validation, as safetensors; a name that ends with .json: the network alone; with .paredown: the very file whose bytes were counted',
      file,
    )
    .option('--save-seeds <name>', 'write it with the weights of each seed N, as NAME-seedN.safetensors', path)
    .option('--json', 'print one JSON object');
  const done = parsed<Options>(line, args);
  if (!done) return 0;
  const { options } = done;
  if (options.floor !== undefined && options.trial !== undefined)
    throw new UsageError('--floor and --trial: give one of the two');
  const opened = await openWithTest(done.operands[0]);
  const chosen = choose(opened.settings.problem, opened.study.records, options);
  return chosen.record ? show(opened, chosen, chosen.record, options) : tellNearest(opened, chosen, options);
}

type OpenedFolder = Opened & { readonly study: StudyFolder };

/** Tells that none holds the floor, and which comes nearest. */
function tellNearest({ folder, settings }: OpenedFolder, { problem, nearest }: Chosen, { json }: Options): number {
  if (json) {
    const near = nearest && { ...nearest, training: trainingOf(settings, nearest), judged: judged(nearest, settings, problem) };
    printJson({ type: 'best', study: folder, floor: problem.floor, holds: false, nearest: near });
    return NONE_HOLDS;
  }
  process.stderr.write(`${folder}: no network holds the floor of ${exactPercent(problem.floor)} yet\n`);
  if (!nearest) return NONE_HOLDS;
  const by = judged(nearest, settings, problem);
  const lines = [
    `Nearest comes trial ${nearest.number + 1} (${shortKey(nearest)}): ${sizeOf(problem, nearest)}, after ${grouped(nearest.samples)} training samples.`,
    ...(by ? [judgedInWords(by, problem.floor)] : []),
    'Its layers, how to train it, its weights where they were kept (--save FILE):',
    `  ${paredownCommand('search', 'best', folder, '--trial', shortKey(nearest))}`,
    'To go on searching, with a larger budget:',
    `  ${paredownCommand('search', '--study', folder, '--minutes', 'N')}`,
  ];
  say(lines.join('\n'));
  return NONE_HOLDS;
}

async function show(opened: OpenedFolder, { problem, holds }: Chosen, record: TrialRecord, options: Options): Promise<number> {
  const { folder, settings, study, testHash } = opened;
  const { save: target, saveSeeds, json } = options;
  const training = trainingOf(settings, record);
  const by = judged(record, settings, problem);
  const seeds = seedFigures(record, study, testHash);
  const best = bestSeed(seeds);
  const print = (text: string) => {
    if (!json) say(text);
  };
  if (!json) process.stdout.write(`${layerTable(record.model)}\n`);
  print(`Deployed, each normalisation folded where an export folds it: ${grouped(record.costs.parameters)} parameters`);
  print(`Trial ${record.number + 1}, key ${record.key}; trained by ${training.words}; seeds ${training.seeds.join(', ')}`);
  if (by) print(judgedInWords(by, problem.floor));
  else print(`It was not trained to its end: ${record.outcome.status === 'trained' ? '' : record.outcome.reason}`);
  if (by && !holds) print(`It does not hold the floor of ${exactPercent(problem.floor)}.`);
  const file = target === undefined ? undefined : await saved(opened, record, target, best);
  if (file !== undefined)
    print(
      `${file}: ${isNetworkFile(file) || !best ? 'the network, without weights' : `the weights from seed ${best.seed}, the best by validation (${percent(best.validation)})`}`,
    );
  const files = saveSeeds === undefined ? undefined : await saveEachSeed(opened, record, saveSeeds, seeds);
  for (const [index, figures] of seeds.entries())
    print(`${files?.[index] === undefined ? 'S' : `${files[index].file}: s`}${seedInWords(figures).slice(1)}`);
  const seed = best?.seed ?? record.seeds[0] ?? 1;
  const again = trainAgain(settings, record, seed, file ?? files?.find((one) => one.seed === seed)?.file ?? NETWORK);
  if ('why' in again) print(`No command trains it again: ${again.why}.`);
  else {
    const only = {
      ...(options.floor !== undefined && { floor: options.floor }),
      ...(options.trial !== undefined && { trial: options.trial }),
    };
    const made =
      file !== undefined || files ? [] : [paredownCommand('search', 'best', folder, ...typed(only), '--save', NETWORK)];
    print(
      `To train it again from seed ${seed}, to the same weights on ${settings.software.adapter}${elsewhere(settings, best)}:`,
    );
    for (const text of [...made, paredownCommand(...again.args)]) print(`  ${text}`);
  }
  const figures = {
    holds,
    floor: problem.floor,
    judged: by,
    bySeed: seeds,
    seed: best?.seed,
    validationAccuracy: best?.validation,
  };
  const written = { ...(file !== undefined && { file }), ...(files && { files }) };
  if (json) printJson({ type: 'best', study: folder, ...record, training, again, ...figures, ...written });
  return 0;
}

/** Where the network alone is written to be trained again. */
const NETWORK = 'network.json';

async function saved(opened: OpenedFolder, record: TrialRecord, target: string, best: SeedFigures | undefined): Promise<string> {
  if (isNetworkFile(target)) await saveNetwork(record, target);
  else await saveReplica(opened, record, best, target);
  return target;
}

function typed(options: object): string[] {
  return Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
}

/** On which images `train` tells validation accuracy, and what it is there, where that is known. */
function elsewhere({ data }: OpenedFolder['settings'], best: SeedFigures | undefined): string {
  if (data.confirmation === undefined || !best) return '';
  const all = data.validation + data.confirmation;
  const known =
    best.confirmation === undefined
      ? ''
      : `: ${percent((best.validation * data.validation + best.confirmation * data.confirmation) / all)}`;
  return ` (it tells validation accuracy on all ${grouped(all)} images, those kept back included${known})`;
}

function trainingOf(settings: OpenedFolder['settings'], record: TrialRecord) {
  return howTrained(setupOf(settings), record, settings.data.train);
}
