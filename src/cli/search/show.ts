import { join } from 'node:path';
import {
  bestTraining,
  costsOf,
  DataError,
  datasetHash,
  frontTable,
  meanAccuracy,
  openStudy,
  paretoFront,
  published,
  readStudySettings,
  type Study,
  type StudyFolder,
  type StudySettings,
  save,
  scoreOf,
  studyPage,
  table,
  writeFileAtomic,
  zoo,
} from 'paredown/node';
import { file } from '../common/arguments.ts';
import { command, parsed } from '../common/command.ts';
import { type DataSource, isOwn, loadData } from '../common/data-source.ts';
import { fileFault } from '../common/files.ts';
import { paredownCommand } from '../common/invocation.ts';
import { printJson } from '../common/json-line.ts';
import { UsageError } from '../common/usage-error.ts';
import { exactPercent } from './values.ts';

/** Exit code: no network holds the floor. */
export const NONE_HOLDS = 3;

interface Opened {
  readonly folder: string;
  readonly settings: StudySettings;
  readonly study: Study;
  /** Of the present test set, where it is at hand. */
  readonly testHash?: string;
}

async function open(folder: string | undefined): Promise<Opened & { readonly study: StudyFolder }> {
  if (folder === undefined) throw new UsageError('Name the folder of the study');
  const settings = await readStudySettings(folder);
  if (!settings) throw new UsageError(`${folder}: there is no study there (no study.json)`);
  const study = await openStudy(folder, settings.context, { readOnly: true });
  for (const problem of study.problems) process.stderr.write(`${problem}\n`);
  return { folder, settings, study };
}

/** With the hash of the present test set, where there is a conclusion to hold against it, and the data are the user's own. */
async function openWithTest(folder: string | undefined): Promise<Opened> {
  const opened = await open(folder);
  const source = opened.settings.data.source as DataSource;
  if (opened.study.conclusions.length === 0 || !isOwn(source)) return opened;
  try {
    const { test } = await loadData(source, { offline: true });
    return { ...opened, testHash: await datasetHash(test) };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    process.stderr.write(`Whether the test set is still the one that was looked at is not known: ${reason}\n`);
    return opened;
  }
}

/** `paredown search front FOLDER` */
export async function showFront(args: readonly string[]): Promise<number> {
  const line = command('paredown search front', 'FOLDER', 'Prints the networks of the front of a study.')
    .argument('<folder>')
    .option('--json', 'print one JSON object');
  const done = parsed<{ readonly json?: boolean }>(line, args);
  if (!done) return 0;
  const opened = await openWithTest(done.operands[0]);
  if (done.options.json) printJson({ type: 'front', ...foundIn(opened) });
  else process.stdout.write(`${summaryOf(opened)}\n`);
  return 0;
}

/** `paredown search report FOLDER` */
export async function writeReport(args: readonly string[]): Promise<number> {
  const line = command(
    'paredown search report',
    'FOLDER [--out FILE]',
    'Writes the page of a study, for a browser, without need of a network.',
  )
    .argument('<folder>')
    .option('--out <file>', 'where to [FOLDER/report.html]', file)
    .option('--json', 'print one JSON object');
  const done = parsed<{ readonly out?: string; readonly json?: boolean }>(line, args);
  if (!done) return 0;
  const report = await reportOf(await openWithTest(done.operands[0]), done.options.out);
  if (done.options.json) printJson({ type: 'report', file: report });
  else process.stdout.write(`${report}\n`);
  return 0;
}

/** `paredown search best FOLDER` */
export async function showBest(args: readonly string[]): Promise<number> {
  const line = command('paredown search best', 'FOLDER [--save FILE]', 'Shows the smallest network that holds the floor.')
    .argument('<folder>')
    .option('--save <file>', 'write it with the weights of its best seed by validation, as safetensors', file)
    .option('--json', 'print one JSON object');
  const done = parsed<{ readonly save?: string; readonly json?: boolean }>(line, args);
  if (!done) return 0;
  const { save: target, json } = done.options;
  const { folder, settings, study } = await open(done.operands[0]);
  const best = bestTraining(settings.problem, study.records);
  if (!best) {
    process.stderr.write(`${folder}: no network holds the floor of ${exactPercent(settings.problem.floor)} yet\n`);
    return NONE_HOLDS;
  }
  const { record, seed, accuracy } = best;
  if (!json) process.stdout.write(`${table(record.model)}\n`);
  if (target !== undefined) {
    const trained = await study.trained(record, best.replica);
    if (!trained)
      throw new DataError(
        `${join(folder, 'weights')}: the weights of trial ${record.number + 1}, the best, are missing or damaged. ` +
          `To have them trained again, on the study's adapter (${settings.software.adapter}): ${paredownCommand('search', '--study', folder)}`,
      );
    const { weights, input } = trained;
    await save(target, record.model, weights, input && { input });
    if (!json)
      process.stdout.write(
        `${target}: the weights from seed ${seed}, the best by validation (${(100 * accuracy).toFixed(2)}%)\n`,
      );
  }
  const saved = target !== undefined && { file: target };
  if (json) printJson({ type: 'best', study: folder, ...record, seed, validationAccuracy: accuracy, ...saved });
  return 0;
}

/** What is known of a study, for programs: its front as `front` prints it, and which of it is the answer. */
export function foundIn({ folder, settings: { problem }, study: { records, conclusions }, testHash }: Opened) {
  const full = records.flatMap((record) => {
    const accuracy = meanAccuracy(record);
    const whole = record.samples === problem.rungs.at(-1);
    return whole && accuracy !== undefined ? [{ record, cost: scoreOf(problem.objective, record.costs), accuracy }] : [];
  });
  const front = paretoFront(full).map(({ record: { key, model, costs, seeds }, accuracy }) => ({
    key,
    model,
    costs,
    seeds,
    validation: accuracy,
  }));
  const last = conclusions.at(-1);
  // Of another test set than the present one it tells nothing.
  const conclusion = testHash === undefined || last?.testHash === testHash ? last : undefined;
  return {
    study: folder,
    floor: problem.floor,
    trials: records.length,
    best: bestTraining(problem, records)?.record.key,
    front,
    conclusion,
  };
}

/** The front as a table, with what it says of the floor. */
export function summaryOf({ settings: { problem }, study: { records, conclusions }, testHash }: Opened): string {
  return frontTable({ problem, records, conclusions, testHash });
}

/** Writes the page; returns its path. */
export async function reportOf({ folder, settings, study, testHash }: Opened, out?: string): Promise<string> {
  const { problem, strategy, data, software, command: typed, context } = settings;
  const file = out ?? join(folder, 'report.html');
  const page = studyPage({
    title: `The smallest network for ${data.name} at ${exactPercent(problem.floor)}`,
    data,
    problem,
    strategy,
    setup: (context as { readonly setup: object }).setup,
    software,
    ...(typed !== undefined && { command: typed }),
    date: new Date().toISOString(),
    records: study.records,
    conclusions: study.conclusions,
    ...(testHash !== undefined && { testHash }),
    published: publishedPoints(settings),
  });
  try {
    await writeFileAtomic(file, page);
  } catch (error) {
    const reason = fileFault(error) ?? (error instanceof Error ? error.message : String(error));
    const elsewhere = paredownCommand('search', 'report', folder, '--out', 'FILE');
    throw new DataError(`${file} can't be written there: ${reason}; give --out FILE: ${elsewhere}`, { cause: error });
  }
  return file;
}

/** The published networks for the images of MNIST, each at its figure; where a row may mean two networks, both. */
function publishedPoints({ data, problem }: StudySettings) {
  // A folder may bear any name, but is kept by its whole path.
  if ((data.source as DataSource).data !== 'mnist') return [];
  return published.flatMap(({ zoo: names, accuracy }) =>
    (names ?? []).flatMap((name) => {
      const model = zoo[name];
      if (!model || accuracy === null || model.input.join() !== problem.input.join()) return [];
      return [{ name, costs: costsOf(model), accuracy }];
    }),
  );
}
