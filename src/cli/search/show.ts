import { join } from 'node:path';
import {
  aboveTest,
  bestOf,
  DataError,
  type DataSource,
  datasetHash,
  frontTable,
  howTrained,
  loadData,
  meanAccuracy,
  openStudy,
  type Portrait,
  paretoFront,
  readStudySettings,
  type Study,
  type StudyFolder,
  type StudySettings,
  scoreOf,
  studyPage,
  studyPortrait,
  studyReport,
  writeFileAtomic,
} from 'paredown/node';
import { file } from '../common/arguments.ts';
import { command, parsed } from '../common/command.ts';
import { isOwn } from '../common/data-source.ts';
import { fileFault } from '../common/files.ts';
import { terminalWidth } from '../common/fitted-table.ts';
import { paredownCommand } from '../common/invocation.ts';
import { printJson } from '../common/json-line.ts';
import { say } from '../common/say.ts';
import { UsageError } from '../common/usage-error.ts';
import { judged } from './judged.ts';
import { setupOf } from './settings.ts';
import { noStudy } from './studies.ts';

/** Exit code: no network holds the floor. */
export const NONE_HOLDS = 3;

export interface Opened {
  readonly folder: string;
  readonly settings: StudySettings;
  readonly study: Study;
  /** Of the present test set, where it is at hand. */
  readonly testHash?: string;
}

async function open(folder: string | undefined): Promise<Opened & { readonly study: StudyFolder }> {
  if (folder === undefined) throw new UsageError('Name the folder of the study');
  const settings = await readStudySettings(folder);
  if (!settings) throw new UsageError(await noStudy(folder));
  const study = await openStudy(folder, settings.context, { readOnly: true });
  for (const problem of study.problems) process.stderr.write(`${problem}\n`);
  return { folder, settings, study };
}

/** With the hash of the present test set, where there is a conclusion to hold against it, and the data are the user's own. */
export async function openWithTest(folder: string | undefined): Promise<Opened & { readonly study: StudyFolder }> {
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
  const line = command(
    'paredown search front',
    'FOLDER',
    'Prints the front of a study: the networks than which no other that was confirmed is both smaller and more accurate.',
  )
    .argument('<folder>')
    .option('--json', 'print one JSON object');
  const done = parsed<{ readonly json?: boolean }>(line, args);
  if (!done) return 0;
  const opened = await openWithTest(done.operands[0]);
  if (done.options.json) printJson({ type: 'front', ...foundIn(opened) });
  else say(summaryOf(opened));
  return 0;
}

/** `paredown search report FOLDER` */
export async function writeReport(args: readonly string[]): Promise<number> {
  const line = command(
    'paredown search report',
    'FOLDER [--out FILE]',
    'Writes the page of a study, for a browser: one file that needs no connection.',
  )
    .argument('<folder>')
    .option('--out <file>', 'where to [FOLDER/report.html]', file)
    .option('--json', 'print one JSON object');
  const done = parsed<{ readonly out?: string; readonly json?: boolean }>(line, args);
  if (!done) return 0;
  const opened = await openWithTest(done.operands[0]);
  const { folder, settings, study } = opened;
  const report = await reportOf(opened, done.options.out, await studyPortrait(folder, settings, study));
  if (done.options.json) printJson({ type: 'report', file: report });
  else process.stdout.write(`${report}\n`);
  return 0;
}

/** What is known of a study, for programs: its front as `front` prints it, and which of it is the answer. */
export function foundIn({ folder, settings, study: { records, conclusions }, testHash }: Opened) {
  const { problem } = settings;
  const full = records.flatMap((record) => {
    const accuracy = meanAccuracy(record);
    const whole = record.samples >= (problem.rungs.at(-1) ?? 0);
    return whole && accuracy !== undefined ? [{ record, cost: scoreOf(problem.objective, record.costs), accuracy }] : [];
  });
  const setup = setupOf(settings);
  const front = paretoFront(full).map(({ record, accuracy }) => {
    const { key, model, costs, seeds } = record;
    const training = howTrained(setup, record, settings.data.train);
    return { key, model, costs, seeds, validation: accuracy, judged: judged(record, settings, problem), training };
  });
  const last = conclusions.at(-1);
  // Of another test set than the present one it tells nothing.
  const conclusion = testHash === undefined || last?.testHash === testHash ? last : undefined;
  return {
    study: folder,
    floor: problem.floor,
    trials: records.length,
    best: bestOf(problem, records)?.key,
    front,
    conclusion,
    aboveTest: conclusion && aboveTest(conclusion.finalists),
  };
}

/** The front as a table, with what it says of the floor. */
export function summaryOf({ settings, study: { records, conclusions }, testHash }: Opened): string {
  const { problem, data } = settings;
  const best = bestOf(problem, records);
  const recipe = best && `The smallest was trained by ${howTrained(setupOf(settings), best, data.train).words}.`;
  const width = terminalWidth();
  return [frontTable({ problem, records, conclusions, testHash, data, width }), ...(recipe ? [recipe] : [])].join('\n');
}

/** Writes the page; returns its path. */
export async function reportOf(
  { folder, settings, study, testHash }: Opened,
  out?: string,
  portrait?: Portrait,
): Promise<string> {
  const file = out ?? join(folder, 'report.html');
  const { records, conclusions } = study;
  const page = studyPage({ ...studyReport(settings, { records, conclusions, testHash }), ...(portrait && { portrait }) });
  try {
    await writeFileAtomic(file, page);
  } catch (error) {
    const reason = fileFault(error) ?? (error instanceof Error ? error.message : String(error));
    const elsewhere = paredownCommand('search', 'report', folder, '--out', 'FILE');
    throw new DataError(`${file} can't be written there: ${reason}; give --out FILE: ${elsewhere}`, { cause: error });
  }
  return file;
}
