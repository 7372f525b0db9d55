import { textTable } from '../core/text-table.ts';
import { type Description, describe, type LayerDescription } from './describe.ts';
import { isContainerType } from './layers/registry.ts';
import type { Model } from './types.ts';

export function table(m: Model): string {
  const description = describe(m);
  const input = m.input.reduce((product, size) => product * size, 1);
  const rows = [
    ['layer', 'output', 'parameters', 'activations', 'multiply-accumulates'],
    ['input', m.input.join('x'), '0', grouped(input), '0'],
    ...description.layers.map((layer) => row(layer, description.layers.filter((other) => holds(other, layer)).length)),
    totals(description),
  ];
  const { lines, rule } = textTable(rows, new Set([0, 1]));
  return [lines[0], rule, ...lines.slice(1, -1), rule, lines.at(-1)].join('\n');
}

function holds(outer: LayerDescription, inner: LayerDescription): boolean {
  return isContainerType(outer.type) && inner.name.startsWith(`${outer.name}/`);
}

function row(layer: LayerDescription, depth: number): string[] {
  const { name, outputShape, parameters, activations, macs } = layer;
  return [`${'  '.repeat(depth)}${name}`, outputShape.join('x'), grouped(parameters), grouped(activations), grouped(macs)];
}

function totals({ parameters, activations, macs }: Description): string[] {
  return ['total', '', grouped(parameters), grouped(activations), grouped(macs)];
}

function grouped(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',');
}
