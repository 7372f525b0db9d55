import { published } from 'paredown/node';
import { percent } from '../../src/cli/common/format.ts';
import { lengthOf } from '../table/conclude.ts';
import { markdownTable } from '../table/print.ts';
import { summary } from '../table/statistics.ts';
import type { Claim } from '../table/table.ts';
import { accuracies, differences } from './differences.ts';
import { type Kept, rowsOf, scaleOf } from './kept.ts';

const COLUMNS = [
  { title: 'table', align: 'left' },
  { title: 'what it says', align: 'left' },
  { title: 'ours', align: 'left' },
  { title: 'verdict', align: 'left' },
  { title: 'length', align: 'left' },
] as const;

/**
 * One table over all studies: what each says, what came out here, whether it holds, and at which length; of each table the longest that
 * was run, and of shorter ones what that has not got the rows to say. `folder` is where the pages lie.
 */
export function claimsTable(tables: readonly (readonly Kept[])[], folder: string): string {
  const rows = tables.flatMap((versions) => {
    const [longest] = versions;
    if (!longest?.file.conclusion) return [];
    const said = new Set<string>();
    const lines = versions.flatMap((kept) => {
      const news = [
        ...(kept === longest ? accuracyLine(kept) : []),
        ...claimLines((kept.file.conclusion?.claims ?? []).filter(({ text }) => !said.has(withoutScale(text)))),
      ];
      for (const { text } of kept.file.conclusion?.claims ?? []) said.add(withoutScale(text));
      return news.map((line) => [...line, lengthCell(kept)]);
    });
    const link = `[${longest.file.conclusion.title}](${folder}/${longest.file.table}.md)`;
    const shown = lines.length > 0 ? lines : [['', '', 'nothing to hold it against', lengthCell(longest)]];
    return shown.map((line, index) => [index === 0 ? link : '', ...line]);
  });
  return `${markdownTable(COLUMNS, rows)}\n`;
}

function lengthCell(kept: Kept): string {
  const shown = rowsOf(kept);
  const all = kept.file.conclusion?.rows.length ?? 0;
  const some = shown.length < all ? `, ${shown.length} of ${all} rows` : '';
  return `${lengthOf(shown).replace(/^F/, 'f').replace(' the full training', '')}${some}`;
}

const stemOf = ({ text }: Claim): string => withoutScale(text).replace(/ \([^)]*\)/, '');
const withoutScale = (text: string): string => text.replace(/, at this scale$/, '');

/** Claims that differ in what stands in brackets alone are one line. */
function claimLines(claims: readonly Claim[]): string[][] {
  const groups = new Map<string, Claim[]>();
  for (const claim of claims) {
    const stem = stemOf(claim);
    groups.set(stem, [...(groups.get(stem) ?? []), claim]);
  }
  return [...groups].map(([stem, group]) => {
    const holding = group.filter(({ holds }) => holds).length;
    const [first] = group;
    if (first && group.length === 1) return [withoutScale(first.text), first.found, verdictOf(holding, 1)];
    return [`${stem} (${group.length} cases)`, `for one: ${first?.found ?? ''}`, verdictOf(holding, group.length)];
  });
}

function verdictOf(holding: number, all: number): string {
  if (holding === all) return 'holds';
  return holding === 0 ? '**fails**' : `holds in ${holding} of ${all}`;
}

/** How the accuracies that a paper prints compare with ours, where they were trained as long. */
function accuracyLine(kept: Kept): string[][] {
  const compared = rowsOf(kept).flatMap((row) => {
    const figure = published.find(({ zoo, accuracy }) => accuracy !== null && zoo?.includes(row.row));
    const values = accuracies(row);
    return figure?.accuracy != null && values ? [{ row: row.row, theirs: figure.accuracy, ...summary(values) }] : [];
  });
  const [one] = compared;
  if (!one) return [];
  const scaled = scaleOf(kept) < 1;
  const far = new Set(differences(rowsOf(kept)).map(({ row }) => row));
  if (compared.length === 1) {
    const { row, theirs, mean, deviation } = one;
    const ours = `${percent(mean)}${deviation === undefined ? ', one seed' : ` ± ${percent(deviation)}`}`;
    return [
      [
        `${row}: ${percent(theirs)}`,
        ours,
        scaled || deviation === undefined ? 'not comparable' : far.has(row) ? '**differs**' : 'agrees',
      ],
    ];
  }
  const furthest = compared.reduce((far, next) =>
    Math.abs(next.mean - next.theirs) > Math.abs(far.mean - far.theirs) ? next : far,
  );
  const { row, theirs, mean, deviation } = furthest;
  const worst = `furthest: ${row}, ${percent(theirs)} published, ${percent(mean)}${deviation === undefined ? '' : ` ± ${percent(deviation)}`} ours`;
  const judged = compared.filter((item) => item.deviation !== undefined);
  const near = judged.filter((item) => !far.has(item.row)).length;
  const verdict = scaled
    ? 'not comparable'
    : judged.length === 0
      ? 'one seed each'
      : `${near} of ${judged.length} within two deviations`;
  return [[`accuracies of ${compared.length} networks`, worst, verdict]];
}
