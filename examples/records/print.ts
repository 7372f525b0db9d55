import { holdsFloor } from 'paredown/node';
import { grouped, percent } from '../../src/cli/common/format.ts';
import type { Evaluated, EvaluatedFiles } from './evaluate.ts';
import { type FieldRow, fieldAt, type Unit } from './field.ts';
import type { Figures } from './figures.ts';

/** The field is of these data. */
const FIELD_DATA = 'mnist';

/** What stands in the table and in the picture. */
export interface Row extends Figures {
  readonly name: string;
  readonly floor: number;
  /** In parameters, or in bytes. */
  readonly size: number;
  /** Whether it may be compared with the field. */
  readonly isOfField: boolean;
}

export function networkRow({ name, parameters, seeds: [first], test, mean, deviation, bound }: Evaluated): Row {
  const isOfField = first?.about.data.data === FIELD_DATA;
  return { name, floor: first?.about.floor ?? 0, size: parameters, isOfField, test, mean, deviation, bound };
}

export function fileRow({ name, bytes, about, test, mean, deviation, bound }: EvaluatedFiles): Row {
  const isOfField = about.data.data === FIELD_DATA;
  return { name, floor: about.floor, size: Math.round(bytes), isOfField, test, mean, deviation, bound };
}

/** The rows beside the field's, as Markdown. */
export function tableOf(rows: readonly Row[], field: readonly FieldRow[], unit: Unit = 'parameters'): string {
  const heads = ['row', 'floor', unit, 'test accuracy', '95% bound', 'holds it', 'the field’s smallest there'];
  const lines = rows.map(({ name, floor, size, isOfField, test, mean, deviation, bound }) => {
    const other = isOfField ? fieldAt(field, floor) : undefined;
    return cells([
      name,
      percent(floor),
      `**${grouped(size)}**`,
      `${percent(mean)} ± ${(100 * deviation).toFixed(2)} (${test.length} seeds)`,
      percent(bound),
      verdict(test, floor),
      isOfField ? (other ? `${grouped(other.size)} (${percent(other.accuracy)}, ${other.name})` : 'none') : '',
    ]);
  });
  return [cells(heads), '| --- | ---: | ---: | ---: | ---: | --- | --- |', ...lines].join('\n');
}

export function fieldTable(field: readonly FieldRow[], unit: Unit = 'parameters'): string {
  const lines = field.map(({ name, size, accuracy, verified, source, protocol }) =>
    cells([`[${name}](${source})`, grouped(size), `${percent(accuracy)}${verified ? ', verified' : ''}`, protocol]),
  );
  return [cells(['network', unit, 'test accuracy', 'protocol']), '| --- | ---: | ---: | --- |', ...lines].join('\n');
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

/** How the files of each row were made. */
export function ways(rows: readonly EvaluatedFiles[]): string {
  return rows
    .map(({ name, seeds, about: { command, key, steps, training } }) => {
      const { epochs, batch, rate, distillation } = training;
      const taught = distillation
        ? `, ${percent(distillation.weight)} from the model’s own outputs at temperature ${distillation.temperature}`
        : '';
      const trained = `each step trained for ${epochs} epochs in batches of ${batch}, Adam at ${rate} along a cosine${taught}`;
      const sizes = seeds.map(({ content }) => grouped(content.length)).join(', ');
      return `- **${name}**: ${steps}; ${trained}; trial ${key}; seeds ${seeds.map(({ seed }) => seed).join(', ')} of ${sizes} bytes  \n  \`${command}\``;
    })
    .join('\n');
}

function verdict(test: readonly number[], floor: number): string {
  if (holdsFloor(test, floor)) return 'holds';
  return test.reduce((sum, value) => sum + value, 0) / test.length >= floor ? 'the mean does' : 'no';
}

function cells(texts: readonly string[]): string {
  return `| ${texts.join(' | ')} |`;
}
