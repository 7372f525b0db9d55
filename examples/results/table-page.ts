import { facts, lengthOf } from '../table/conclude.ts';
import { markdown } from '../table/print.ts';
import { type Cause, differenceLines, differences } from './differences.ts';
import { type Kept, rowsOf, scaleOf } from './kept.ts';

/** A table of more rows stands beside its pictures alone. */
const MOST_ROWS = 60;

/** The page of a table, to lie beside the folders of its lengths, the longest first; what was trained for less than the first folds away. */
export function tablePage(versions: readonly Kept[], home: string, causes: readonly Cause[]): string {
  const [first, ...others] = versions;
  if (!first) return '';
  const rest = others.map((one) => {
    const text = `#${section(one, causes)}`;
    return scaleOf(one) < scaleOf(first)
      ? `<details>\n<summary>${lengthOf(rowsOf(one))}, ${rowsOf(one).length === 1 ? '1 row' : `${rowsOf(one).length} rows`}</summary>\n\n${text}\n</details>\n`
      : text;
  });
  return [`[All results](${home})\n`, section(first, causes), ...rest].join('\n');
}

function section(kept: Kept, causes: readonly Cause[]): string {
  const { file, name, notes } = kept;
  const { conclusion } = file;
  if (!conclusion) return '';
  const shown = rowsOf(kept);
  const long = conclusion.rows.length > MOST_ROWS;
  return [
    `# ${markdown(long ? { ...conclusion, rows: [] } : conclusion, facts(shown), `${name}/`)}`,
    ...(long ? [`All ${conclusion.rows.length} rows: [${name}/results.md](${name}/results.md)\n`] : []),
    ...(notes === undefined ? [] : [notes]),
    ...differenceLines(differences(shown), causes),
  ].join('\n');
}
