import type { Value } from '../../src/core/value.ts';

export type Nested = number | readonly Nested[];

/** [[1, 2]] as a value of shape [1, 2]. */
export function value(nested: Nested): Value {
  const shape: number[] = [];
  for (let level: Nested | undefined = nested; typeof level === 'object'; level = level[0]) shape.push(level.length);
  return {
    shape,
    data: Float32Array.from(typeof nested === 'number' ? [nested] : (nested.flat(Number.POSITIVE_INFINITY as 1) as number[])),
  };
}

export function values(record: Record<string, Nested>): Record<string, Value> {
  return Object.fromEntries(Object.entries(record).map(([name, nested]) => [name, value(nested)]));
}

/** One image of one channel, and the same as a filter. */
export function image(rows: readonly (readonly number[])[]): Nested {
  return [rows.map((row) => row.map((element) => [element]))];
}

export interface Example {
  readonly op: string;
  readonly says: string;
  readonly inputs: Record<string, Nested>;
  readonly attributes?: Record<string, unknown>;
  readonly output: Nested;
  readonly outputGradient?: Nested;
  readonly gradients?: Record<string, Nested>;
}
