// Writes docs/results.md and its picture from the results.json files that are kept in docs/results:   npm run results
import { readdir, readFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { DataError, writeFileAtomic } from 'paredown/node';
import { path } from '../src/cli/common/arguments.ts';
import { command, parsed } from '../src/cli/common/command.ts';
import { explain } from '../src/cli/common/failure.ts';
import { undefinedIfMissing } from '../src/cli/common/files.ts';
import { UsageError } from '../src/cli/common/usage-error.ts';
import { type Cause, differenceLines, differences } from './results/differences.ts';
import { studiesPicture } from './results/picture.ts';
import { keptSearches, searchSections } from './results/searches.ts';
import { facts, lengthOf, printed } from './table/conclude.ts';
import { markdown } from './table/print.ts';
import { type ResultsFile, readResults } from './table/store.ts';
import { tables } from './table/tables/index.ts';

const INTRODUCTION = `# Results

The networks of five published studies of size against accuracy, trained by paredown, beside what the papers print. This page is
made by \`npm run results\` from the \`results.json\` files of the tables; each was written by the commands that stand above it (a
row that two tables share was trained once, by the command of one of them). Accuracy is the mean over the seeds with the standard
deviation of the sample, on test data that nothing was chosen by. A table that says SCALED was trained for a part of the paper's
length, or on a part of its data, and is not comparable with it. "Ours, a seed" is the time of training, without evaluations, of all
seeds together divided by their number; where the adapter is no GPU, other trainings often shared its few cores, and times compare
roughly only. What the search found, and how complexity and precision hang together, stands [at the end](#the-search).
`;

/** A table of more rows stands on a page of its own. */
const MOST_ROWS = 60;

/** Returns the exit code. */
async function main(args: readonly string[]): Promise<number> {
  const line = command(
    'results',
    '[options]',
    'Writes DIR.md and DIR/studies.svg from DIR/*/results.json, as `npm run table -- NAME --out DIR/NAME` leaves them (DIR/NAME.WORD: the same table at another length), and from the studies DIR/search-*.',
  ).option('--dir <dir>', 'folder of the results', path, 'docs/results');
  try {
    const given = parsed<{ dir: string }>(line, args);
    if (given) await write(given.options.dir);
    return 0;
  } catch (error) {
    const { message, code } = explain(error);
    process.stderr.write(`${message}\n`);
    return code;
  }
}

async function write(given: string): Promise<void> {
  const dir = resolve(given);
  const files = await kept(dir);
  if (files.length === 0) throw new UsageError(`${given} holds no results. Make some: npm run table -- NAME --out ${given}/NAME`);
  const causes = await readCauses(join(dir, 'causes.json'));
  const folder = basename(dir);
  const sections = files.flatMap((one) => section(one, `${folder}/${one.name}/`, causes));
  const missing = [...tables.values()].filter(({ name }) => !files.some(({ file }) => file.table === name));
  const absent = missing.map(({ name, title }) => `- ${title}: not run (\`npm run table -- ${name} --out ${given}/${name}\`)`);
  const searches = await keptSearches(given);
  const pictured = await studiesPicture(
    files.map(({ file }) => file),
    searches,
  );
  await writeFileAtomic(join(dir, 'studies.svg'), pictured);
  const picture = `![Accuracy against parameters, theirs and ours](${folder}/studies.svg)\n`;
  const page = [
    INTRODUCTION,
    contents(files),
    picture,
    ...(absent.length > 0 ? [`Tables that are not here:\n\n${absent.join('\n')}\n`] : []),
    ...sections,
    ...(await searchSections(searches, given, folder)),
  ];
  await writeFileAtomic(`${dir}.md`, page.join('\n'));
  console.log(`${given}.md: ${files.map(({ name }) => name).join(', ')}`);
  if (missing.length > 0) console.log(`not there: ${missing.map(({ name }) => name).join(', ')}`);
}

/** What we think of differences. Throws a DataError where the file is damaged. */
async function readCauses(path: string): Promise<Cause[]> {
  const text = await readFile(path, 'utf8').catch(undefinedIfMissing);
  if (text === undefined) return [];
  try {
    const causes = JSON.parse(text) as Cause[];
    for (const { rows, text: words } of causes) if (typeof words !== 'string' || !new RegExp(rows)) throw new Error('no text');
    return causes;
  } catch (cause) {
    throw new DataError(
      `${path} must be a list of { "rows": REGEX, "text": TEXT }: ${cause instanceof Error ? cause.message : cause}`,
    );
  }
}

interface Kept {
  /** Of the folder: the table's, or `TABLE.WORD` for the same table at another length. */
  readonly name: string;
  readonly file: ResultsFile;
  /** What else there is to say, from its notes.md. */
  readonly notes?: string;
}

/** In the order of the papers. */
async function kept(dir: string): Promise<Kept[]> {
  const names = (await readdir(dir).catch(undefinedIfMissing)) ?? [];
  const found: Kept[] = [];
  for (const table of tables.keys())
    for (const name of names.filter((one) => one === table || one.startsWith(`${table}.`)).sort()) {
      const file = await readResults(join(dir, name, 'results.json'), table);
      const notes = await readFile(join(dir, name, 'notes.md'), 'utf8').catch(undefinedIfMissing);
      if (file?.conclusion) found.push({ name, file, notes });
    }
  return found;
}

function section({ file: { finished, conclusion }, notes }: Kept, page: string, causes: readonly Cause[]): string[] {
  if (!conclusion) return [];
  const shown = printed(conclusion, finished);
  const long = conclusion.rows.length > MOST_ROWS;
  const rest = long ? [`All ${conclusion.rows.length} rows: [${page}results.md](${page}results.md)\n`] : [];
  return [
    `## ${markdown(long ? { ...conclusion, rows: [] } : conclusion, facts(shown), page)}`,
    ...rest,
    ...(notes === undefined ? [] : [notes]),
    ...differenceLines(differences(shown), causes),
  ];
}

/** What stands on the page, and how long each was trained. */
function contents(files: readonly Kept[]): string {
  const lines = files.map(({ file: { conclusion, finished } }) => {
    if (!conclusion) return '';
    const shown = printed(conclusion, finished);
    const some = shown.length < conclusion.rows.length ? `, ${shown.length} of ${conclusion.rows.length} rows` : '';
    return `- ${conclusion.title}${some}: ${lengthOf(shown).replace(/^F/, 'f')}`;
  });
  return `${lines.join('\n')}\n`;
}

process.exitCode = await main(process.argv.slice(2));
