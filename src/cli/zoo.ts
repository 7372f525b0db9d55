import { type Description, describe, type Model, table, zoo } from 'paredown';
import { regex } from './common/arguments.ts';
import { command, parsed } from './common/command.ts';
import { type Column, Table, terminalWidth } from './common/fitted-table.ts';
import { grouped } from './common/format.ts';
import { printJson } from './common/json-line.ts';
import { UsageError } from './common/usage-error.ts';

interface Row extends Description {
  readonly name: string;
  readonly model: Model;
}

const COLUMNS: readonly Column<Row>[] = [
  { title: 'network', align: 'left', text: ({ name }) => name },
  { title: 'input', text: ({ model }) => model.input.join('x') },
  { title: 'parameters', text: ({ parameters }) => grouped(parameters) },
  { title: 'activations', text: ({ activations }) => grouped(activations), rank: 2 },
  { title: 'peak bytes', text: ({ peakActivationBytes }) => grouped(peakActivationBytes), rank: 1 },
  { title: 'MACs', text: ({ macs }) => grouped(macs) },
];

const NOTES = `
For one sample each: trained numbers, elements that carry data, the most bytes of them at once, multiply-accumulates. \`train --model NAME\`
trains one, \`search --start NAME\` begins with one.

Examples:
  paredown zoo nahhas              those of one study
  paredown zoo '^ke/' --layers     their layers
`;

/** `paredown zoo`. Returns the exit code. */
export async function zooCommand(args: readonly string[]): Promise<number> {
  const line = command(
    'paredown zoo',
    '[REGEX] [options]',
    'Lists the networks of the published studies, the LeNets of Deep Compression, and the smallest for MNIST in public.',
    NOTES,
  )
    .argument('[regex]', 'only networks whose names match', regex)
    .option('--layers', 'print the layer table of each')
    .option('--json', 'print one JSON object a network');
  const given = parsed<{ readonly layers?: boolean; readonly json?: boolean }>(line, args);
  if (!given) return 0;
  const { layers, json } = given.options;
  const pattern = regex(given.operands[0] ?? '');
  const chosen = Object.entries(zoo).filter(([name]) => pattern.test(name));
  if (chosen.length === 0) throw new UsageError(`No network matches ${pattern}. Without an argument all are listed.`);
  const described: Row[] = chosen.map(([name, model]) => ({ name, model, ...describe(model) }));
  if (json) {
    for (const { name, model, parameters, activations, peakActivationBytes, macs, hash } of described)
      printJson({
        type: 'network',
        name,
        input: model.input,
        parameters,
        activations,
        peakActivationBytes,
        macs,
        hash,
        ...(layers && { layers: model.layers }),
      });
  } else if (layers) process.stdout.write(described.map(({ name, model }) => `${name}\n${table(model)}\n`).join('\n'));
  else {
    const columns = new Table(COLUMNS, described, terminalWidth());
    const lines = [columns.header(), columns.rule(), ...described.map((row) => columns.row(row))];
    process.stdout.write(`${lines.join('\n')}\n`);
  }
  return 0;
}
