import { textTable } from '../../core/text-table.ts';
import { describe } from '../../model/describe.ts';
import type { Model } from '../../model/types.ts';
import { layerRows } from './layer-rows.ts';
import { count } from './text.ts';

/** The layers of a network as the page has them, as text for a terminal. */
export function layerLines(model: Model): string {
  const { parameters, macs } = describe(model);
  const rows = [
    ['layer', 'what it is', 'output', 'parameters', 'MACs'],
    ['input', '', model.input.join('x'), '0', '0'],
    ...layerRows(model).map((layer) => [
      `${'  '.repeat(layer.depth)}${layer.name}`,
      layer.words,
      layer.outputShape.join('x'),
      count(layer.parameters),
      count(layer.macs),
    ]),
    ['total', '', '', count(parameters), count(macs)],
  ];
  const { lines, rule } = textTable(rows, new Set([0, 1, 2]));
  return [lines[0], rule, ...lines.slice(1, -1), rule, lines.at(-1)].join('\n');
}
