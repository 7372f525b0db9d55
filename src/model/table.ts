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
  const widths = rows.reduce<number[]>(
    (most, cells) => cells.map((cell, column) => Math.max(cell.length, most[column] ?? 0)),
    [],
  );
  const lines = rows.map((cells) =>
    cells
      .map((cell, column) => align(cell, widths[column] ?? 0, column < 2))
      .join('  ')
      .trimEnd(),
  );
  const rule = '-'.repeat(widths.reduce((sum, width) => sum + width + 2, -2));
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

function align(cell: string, width: number, left: boolean): string {
  return left ? cell.padEnd(width) : cell.padStart(width);
}

function grouped(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',');
}
