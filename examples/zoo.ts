// Lists the published networks with what they cost:   npm run zoo -- [REGEX] [--layers] [--json]
import { describe, table, zoo } from 'paredown';
import { command, parsed } from '../src/cli/common/command.ts';
import { grouped } from '../src/cli/common/format.ts';
import { layoutOf } from './table/print.ts';
import type { Column } from './table/table.ts';

const COLUMNS: readonly Column[] = [
  { title: 'network', align: 'left' },
  ...['parameters', 'activations', 'peak bytes', 'multiply-accumulates'].map((title) => ({ title })),
];

/** Returns the exit code. */
function main(args: readonly string[]): number {
  const line = command('zoo', '[REGEX] [options]', 'Lists the networks of the published studies, for one sample each.')
    .argument('[regex]', 'only networks whose names match')
    .option('--layers', 'print the layer table of each')
    .option('--json', 'print one JSON object a network');
  let pattern: RegExp;
  let given: ReturnType<typeof parsed<{ layers?: boolean; json?: boolean }>>;
  try {
    given = parsed(line, args);
    if (!given) return 0;
    pattern = new RegExp(given.operands[0] ?? '');
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
    return 2;
  }
  const { layers, json } = given.options;
  const chosen = Object.entries(zoo).filter(([name]) => pattern.test(name));
  if (chosen.length === 0) {
    process.stderr.write(`No network matches ${pattern}. Without an argument all are listed.\n`);
    return 1;
  }
  const rows = chosen.map(([name, model]) => {
    const { parameters, activations, peakActivationBytes, macs, hash } = describe(model);
    if (json) console.log(JSON.stringify({ name, parameters, activations, peakActivationBytes, macs, hash }));
    if (layers && !json) console.log(`${name}\n${table(model)}\n`);
    return [name, ...[parameters, activations, peakActivationBytes, macs].map(grouped)];
  });
  if (!json && !layers) {
    const layout = layoutOf(COLUMNS, rows);
    console.log(`${layout.header()}\n${layout.rule()}`);
    for (const row of rows) console.log(layout.row(row));
  }
  return 0;
}

process.exitCode = main(process.argv.slice(2));
