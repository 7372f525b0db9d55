import { Random } from '../../src/core/random.ts';
import { elements, type Shape, type Value } from '../../src/core/value.ts';

/** One call of an operation: what runOp, gradOp and the references are given. */
export interface Case {
  readonly op: string;
  /** Unique within the operation; it seeds the inputs. */
  readonly name: string;
  readonly inputs: Record<string, Value>;
  readonly attributes: Record<string, unknown>;
  /** Set where an input has equal values in a pooling window, or an activation sees 0 or numbers too large: a numeric derivative means nothing there. */
  readonly kink?: true;
}

/** The rows of a small run (each operation and attribute once, for slow drivers), and the others. */
export interface CaseTable {
  readonly essential: readonly Case[];
  readonly further: readonly Case[];
}

/** How an input is drawn, each number from `random`. */
export type Fill = (random: Random, count: number) => number[];

/** Normal deviates times `scale`. */
export function normal(scale = 1, mean = 0): Fill {
  return (random, count) => Array.from({ length: count }, () => mean + scale * random.normal());
}

/**
 * Multiples of 1/8 in [-2, 2]: products and sums of them are exact in float32, so that the GPU sees the same side of a kink as
 * the reference does. Some are 0 and many are equal.
 */
export const eighths: Fill = (random, count) => Array.from({ length: count }, () => (random.below(33) - 16) / 8);

/**
 * Odd multiples of `quantum`, up to 16 of them: never 0. As a bias with half the quantum of the products (1/64 of two `eighths`)
 * it keeps exact sums off 0 too.
 */
export function oddMultiples(quantum: number): Fill {
  return (random, count) => Array.from({ length: count }, () => (2 * random.below(16) - 15) * quantum);
}

/** A random order of as many equally spaced values in [-2, 2): no two are equal. The spacing is a power of two, exact in float32. */
export const distinct: Fill = (random, count) => {
  const spacing = 4 / 2 ** Math.ceil(Math.log2(Math.max(count, 2)));
  const values = Array.from({ length: count }, (_, i) => i * spacing - 2);
  for (let i = count - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [values[i], values[j]] = [values[j] as number, values[i] as number];
  }
  return values;
};

/** Integers from -1 to 1: nearly every pooling window has its maximum more than once. */
export const ties: Fill = (random, count) => Array.from({ length: count }, () => random.below(3) - 1);

/** The listed values, again and again. */
export function cycle(...values: number[]): Fill {
  return (_random, count) => Array.from({ length: count }, (_, i) => values[i % values.length] as number);
}

/** Classes as floats. */
export function labels(classes: number): Fill {
  return (random, count) => Array.from({ length: count }, () => random.below(classes));
}

/** A case whose inputs are drawn from a stream that its operation and name seed. */
export function makeCase(
  op: string,
  name: string,
  inputs: Readonly<Record<string, readonly [Shape, Fill]>>,
  attributes: Record<string, unknown> = {},
  kink = false,
): Case {
  const values: Record<string, Value> = {};
  Object.entries(inputs).forEach(([input, [shape, fill]], stream) => {
    values[input] = drawValue(`${op} ${name}`, stream, shape, fill);
  });
  return { op, name, inputs: values, attributes, ...(kink && { kink }) };
}

/** The gradient of the loss by a case's output, never 0; exact in short float32 sums. */
export function outputGradientOf(testCase: Case, shape: Shape): Value {
  return drawValue(`${testCase.op} ${testCase.name}`, 1000, shape, oddMultiples(1 / 8));
}

/** A shape as names write it: 3x8x8x2. */
export function times(shape: Shape): string {
  return shape.join('x');
}

function drawValue(seedText: string, stream: number, shape: Shape, fill: Fill): Value {
  return { shape, data: Float32Array.from(fill(new Random(fnv1a(seedText), stream), elements(shape))) };
}

/** FNV-1a, 32 bits: Fowler, Noll and Vo. */
function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}
