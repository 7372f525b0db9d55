// Writes docs/results.md and the pages behind it from the results.json files that are kept in docs/results:   npm run results
import { readdir, readFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { DataError, writeFileAtomic } from 'paredown/node';
import { path } from '../src/cli/common/arguments.ts';
import { command, parsed } from '../src/cli/common/command.ts';
import { explain } from '../src/cli/common/failure.ts';
import { undefinedIfMissing } from '../src/cli/common/files.ts';
import { UsageError } from '../src/cli/common/usage-error.ts';
import { claimsTable } from './results/claims-table.ts';
import type { Cause } from './results/differences.ts';
import { type Kept, scaleOf } from './results/kept.ts';
import { studiesPicture } from './results/picture.ts';
import { keptSearches, ownPages, searchPage, searchTable } from './results/searches.ts';
import { tablePage } from './results/table-page.ts';
import { readResults } from './table/store.ts';
import { tables } from './table/tables/index.ts';

const INTRODUCTION = `# Results

What five published studies of size against accuracy say, held against networks that paredown trained, and what its search found.
Accuracy is the mean over the seeds with the standard deviation of the sample, on test data that nothing was chosen by. SCALED:
trained for a part of the paper's length, or on a part of its data, and not comparable with it. Made by \`npm run results\` of the
\`results.json\` files of the tables; each name leads to a page with its rows, commands, dates, adapter and pictures.
`;

/** Returns the exit code. */
async function main(args: readonly string[]): Promise<number> {
  const line = command(
    'results',
    '[options]',
    'Writes DIR.md, a page DIR/NAME.md for each table, DIR/search.md and DIR/studies.svg from DIR/*/results.json, as `npm run table -- NAME --out DIR/NAME` and `npm run evidence` leave them (DIR/NAME.WORD: the same table at another length), and from the studies DIR/search-* and what `npm run records` left in DIR/records.',
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
  const searches = await keptSearches(given);
  for (const [name, versions] of byTable(files))
    await writeFileAtomic(join(dir, `${name}.md`), tablePage(versions, `../${folder}.md`, causes));
  const ofSearch = await searchPage(searches, given);
  if (ofSearch !== undefined) await writeFileAtomic(join(dir, 'search.md'), ofSearch);
  const pictured = await studiesPicture(
    files.map(({ file }) => file),
    searches,
  );
  await writeFileAtomic(join(dir, 'studies.svg'), pictured);
  const missing = [...tables.values()].filter(({ name }) => !files.some(({ file }) => file.table === name));
  const absent = missing.map(({ name, title }) => `- ${title}: not run (\`npm run table -- ${name} --out ${given}/${name}\`)`);
  const pages = await ownPages(dir);
  const page = [
    INTRODUCTION,
    `![Accuracy against parameters, theirs and ours](${folder}/studies.svg)\n`,
    '## What the studies say\n',
    claimsTable([...byTable(files).values()], folder),
    ...(absent.length > 0 ? [`Tables that are not here:\n\n${absent.join('\n')}\n`] : []),
    ...(ofSearch === undefined
      ? []
      : [`## [What the search found](${folder}/search.md)\n`, ...searchTable(searches, `${folder}/search.md`)]),
    ...(pages.length > 0
      ? ['## More\n', `${pages.map(({ name, title }) => `- [${title}](${folder}/${name}/results.md)`).join('\n')}\n`]
      : []),
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

/** In the order of the papers. */
async function kept(dir: string): Promise<Kept[]> {
  const entries = (await readdir(dir, { withFileTypes: true }).catch(undefinedIfMissing)) ?? [];
  // The pages that are written beside them have the tables' names too.
  const names = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  const found: Kept[] = [];
  for (const table of tables.keys())
    for (const name of names.filter((one) => one === table || one.startsWith(`${table}.`)).sort()) {
      const file = await readResults(join(dir, name, 'results.json'), table);
      const notes = await readFile(join(dir, name, 'notes.md'), 'utf8').catch(undefinedIfMissing);
      if (file?.conclusion) found.push({ name, file, notes });
    }
  return found;
}

/** The lengths at which a table is kept, the longest first: by the table's name, in the order of the papers. */
function byTable(files: readonly Kept[]): Map<string, Kept[]> {
  const found = new Map<string, Kept[]>();
  for (const one of files) found.set(one.file.table, [...(found.get(one.file.table) ?? []), one]);
  for (const versions of found.values()) versions.sort((a, b) => scaleOf(b) - scaleOf(a));
  return found;
}

process.exitCode = await main(process.argv.slice(2));
