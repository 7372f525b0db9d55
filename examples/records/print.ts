import { holdsFloor } from 'paredown/node';
import { grouped, percent } from '../../src/cli/common/format.ts';
import type { Evaluated } from './evaluate.ts';
import { type FieldRow, fieldAt } from './field.ts';

/** The field is of these data. */
const FIELD_DATA = 'mnist';

export function isOfField({ seeds: [first] }: Evaluated): boolean {
  return first?.about.data.data === FIELD_DATA;
}

const HEADS = ['row', 'floor', 'parameters', 'test accuracy', '95% bound', 'holds it', 'the field’s smallest there'];

/** The rows beside the field's, as Markdown. */
export function tableOf(rows: readonly Evaluated[], field: readonly FieldRow[]): string {
  const lines = rows.map((row) => {
    const floor = floorOf(row);
    const other = isOfField(row) ? fieldAt(field, floor) : undefined;
    return cells([
      row.name,
      percent(floor),
      `**${grouped(row.parameters)}**`,
      `${percent(row.mean)} ± ${(100 * row.deviation).toFixed(2)} (${row.seeds.length} seeds)`,
      percent(row.bound),
      verdict(row.test, floor),
      isOfField(row) ? (other ? `${grouped(other.parameters)} (${percent(other.accuracy)}, ${other.name})` : 'none') : '',
    ]);
  });
  return [cells(HEADS), '| --- | ---: | ---: | ---: | ---: | --- | --- |', ...lines].join('\n');
}

export function fieldTable(field: readonly FieldRow[]): string {
  const lines = field.map(({ name, parameters, accuracy, verified, source, protocol }) =>
    cells([`[${name}](${source})`, grouped(parameters), `${percent(accuracy)}${verified ? ', verified' : ''}`, protocol]),
  );
  return [cells(['network', 'parameters', 'test accuracy', 'protocol']), '| --- | ---: | ---: | --- |', ...lines].join('\n');
}

/** How each row was found and is trained. */
export function recipes(rows: readonly Evaluated[]): string {
  return rows
    .map(({ name, seeds }) => {
      const [first] = seeds;
      if (!first) return '';
      const { study, command, trial, training } = first.about;
      const each = seeds.map(({ seed }) => seed).join(', ');
      const typed = command === undefined ? '' : `  \n  \`${command}\``;
      return `- **${name}**: trial ${trial} of the study ${study}; ${training.words}; seeds ${each}${typed}`;
    })
    .join('\n');
}

function floorOf({ seeds: [first] }: Evaluated): number {
  return first?.about.floor ?? 0;
}

function verdict(test: readonly number[], floor: number): string {
  if (holdsFloor(test, floor)) return 'holds';
  return test.reduce((sum, value) => sum + value, 0) / test.length >= floor ? 'the mean does' : 'no';
}

function cells(texts: readonly string[]): string {
  return `| ${texts.join(' | ')} |`;
}
