// Writes docs/results.md and its picture from the results.json files that are kept in docs/results:   npm run results
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Command, CommanderError } from 'commander';
import { path } from './common/arguments.ts';
import { explain } from './common/failure.ts';
import { undefinedIfMissing, writeWhole } from './common/files.ts';
import { UsageError } from './common/usage-error.ts';
import { type Cause, differenceLines, differences } from './results/differences.ts';
import { studiesPicture } from './results/picture.ts';
import { markdown } from './table/print.ts';
import { facts } from './table/run.ts';
import { type ResultsFile, readResults } from './table/store.ts';
import { tables } from './table/tables/index.ts';

const INTRODUCTION = `# Results

The networks of five published studies of size against accuracy, trained by paredown, beside what the papers print. This page is
made by \`npm run results\` from the \`results.json\` files in \`docs/results/\`; each was written by the command that its table names,
which runs it again. Accuracy is the mean over the seeds with the standard deviation of the sample, on test data that nothing was
chosen by. "SCALED" tables are trained for a part of the paper's length and are not comparable with it.

![Accuracy against parameters, theirs and ours](results/studies.svg)
`;

/** Returns the exit code. */
async function main(args: readonly string[]): Promise<number> {
  const command = new Command('results')
    .usage('[options]')
    .description(
      'Writes DIR.md and DIR/studies.svg from DIR/*/results.json, as `npm run table -- NAME --out DIR/NAME` leaves them.',
    )
    .option('--dir <dir>', 'folder of the results', path, 'docs/results')
    .helpOption('-h, --help', 'print this')
    .configureHelp({ helpWidth: 120 })
    .configureOutput({ writeErr: () => undefined })
    .exitOverride();
  try {
    await write(command.parse(args, { from: 'user' }).opts<{ dir: string }>().dir);
    return 0;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0;
    const shown = error instanceof CommanderError ? new UsageError(error.message.replace(/^error: /, '')) : error;
    const { message, code } = explain(shown);
    process.stderr.write(`${message}\n`);
    return code;
  }
}

async function write(dir: string): Promise<void> {
  const files = await kept(dir);
  if (files.length === 0) throw new UsageError(`${dir} holds no results. Make some: npm run table -- NAME --out ${dir}/NAME`);
  const causes = await readFile(join(dir, 'causes.json'), 'utf8').catch(undefinedIfMissing);
  const sections = files.flatMap((file) => section(file, causes === undefined ? [] : (JSON.parse(causes) as Cause[])));
  await writeWhole(join(dir, 'studies.svg'), await studiesPicture(files));
  await writeWhole(`${dir}.md`, [INTRODUCTION, ...sections].join('\n'));
  console.log(`${dir}.md: ${files.map(({ table }) => table).join(', ')}`);
}

/** In the order of the papers. */
async function kept(dir: string): Promise<ResultsFile[]> {
  const names = await readdir(dir).catch(undefinedIfMissing);
  const found: ResultsFile[] = [];
  for (const name of [...tables.keys()].filter((table) => names?.includes(table))) {
    const file = await readResults(join(dir, name, 'results.json'), name);
    if (file?.conclusion) found.push(file);
  }
  return found;
}

function section({ table, rows, conclusion }: ResultsFile, causes: readonly Cause[]): string[] {
  if (!conclusion) return [];
  const order = conclusion.rows.map(({ name }) => name);
  const page = markdown(conclusion, facts(order.flatMap((name) => rows[name] ?? [])), `results/${table}/`);
  return [`## ${page}`, ...differenceLines(differences(rows, order), causes)];
}

process.exitCode = await main(process.argv.slice(2));
