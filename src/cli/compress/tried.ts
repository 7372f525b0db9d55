import { type ChainRecord, chainSummary } from 'paredown/node';
import { type Column, Table, terminalWidth } from '../common/fitted-table.ts';
import { grouped, percent } from '../common/format.ts';

/** More lines are more than a person reads. */
const MOST_ROWS = 30;

/** What was tried, bytes against accuracy, the smallest first; of a chain that was tried from one seed and from all, the latter. */
export function triedTable(records: readonly ChainRecord[], floor: number): string {
  const measured = records.flatMap((record) => {
    const { bytes, accuracy, ...rest } = chainSummary(record, floor);
    return bytes === undefined || accuracy === undefined ? [] : [{ ...rest, bytes, accuracy, seeds: record.seeds.length }];
  });
  const most = new Map<string, number>();
  for (const { words, seeds } of measured) most.set(words, Math.max(seeds, most.get(words) ?? 0));
  const rows = measured.filter(({ words, seeds }) => seeds === most.get(words)).sort((a, b) => a.bytes - b.bytes);
  type Row = (typeof rows)[number];
  const columns: readonly Column<Row>[] = [
    { title: 'bytes', text: ({ bytes }) => grouped(Math.round(bytes)) },
    { title: 'accuracy', text: ({ accuracy }) => percent(accuracy) },
    { title: 'bound', text: ({ bound }) => (bound === undefined ? '' : percent(bound)), rank: 1 },
    { title: 'seeds', text: ({ seeds }) => (seeds === 0 ? '' : String(seeds)), rank: 2 },
    { title: 'holds', text: ({ holds }) => (holds ? 'yes' : '') },
    { title: 'steps', text: ({ words }) => words, align: 'left', least: 20 },
  ];
  const table = new Table(columns, rows, terminalWidth());
  const shown = rows.slice(0, MOST_ROWS).map((row) => table.row(row));
  const rest = rows.length > MOST_ROWS ? [`and ${rows.length - MOST_ROWS} larger ones, in trials.jsonl`] : [];
  return [table.header(), table.rule(), ...shown, ...rest].join('\n');
}
