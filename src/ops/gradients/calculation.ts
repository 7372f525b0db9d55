import { ShapeError } from '../../core/errors.ts';
import { sameShape } from '../../core/value.ts';
import type { GradientRule } from '../../graph/differentiate.ts';
import { first, required, type Tensor } from '../../graph/tensor.ts';
import type { Calculation } from '../../kernels/arithmetic.ts';
import { type CalculationAttributes, calculated, type Terms } from '../calculation.ts';
import { type ReductionAttributes, sizesOf, summedLike } from '../reduction.ts';
import { reshape } from '../reshape.ts';

/** The gradient with respect to one input: factor calculation(terms), summed where the input is broadcast. */
interface Slope {
  readonly calculation: Calculation;
  readonly terms: Terms;
  readonly factor?: number;
}

/** Of a calculation of a, b and c that gives y, by input. */
type Slopes = (tensors: { a: Tensor; b: Tensor; c: Tensor; y: Tensor; dy: Tensor }) => Readonly<Record<string, Slope>>;

const same = (dy: Tensor, factor = 1): Slope => ({ calculation: 'copy', terms: { a: dy }, factor });
const times = (a: Tensor, b: Tensor): Slope => ({ calculation: 'multiply', terms: { a, b } });

const SLOPES: Readonly<Partial<Record<Calculation, Slopes>>> = {
  copy: ({ dy }) => ({ a: same(dy) }),
  add: ({ dy }) => ({ a: same(dy), b: same(dy) }),
  subtract: ({ dy }) => ({ a: same(dy), b: same(dy, -1) }),
  multiply: ({ a, b, dy }) => ({ a: times(dy, b), b: times(dy, a) }),
  divide: ({ a, b, dy }) => ({
    a: { calculation: 'divide', terms: { a: dy, b } },
    b: { calculation: 'divisorGradient', terms: { a, b, c: dy } },
  }),
  maximum: ({ a, b, dy }) => ({
    a: { calculation: 'maximumGradient', terms: { a, b, c: dy } },
    b: { calculation: 'maximumGradient', terms: { a: b, b: a, c: dy } },
  }),
  minimum: ({ a, b, dy }) => ({
    a: { calculation: 'minimumGradient', terms: { a, b, c: dy } },
    b: { calculation: 'minimumGradient', terms: { a: b, b: a, c: dy } },
  }),
  prelu: ({ a, b, dy }) => ({
    a: { calculation: 'preluInputGradient', terms: { a, b, c: dy } },
    b: { calculation: 'preluSlopeGradient', terms: { a, b: dy } },
  }),
  multiplyAdd: ({ a, b, dy }) => ({ a: times(dy, b), b: times(dy, a), c: same(dy) }),
  exp: ({ y, dy }) => ({ a: times(dy, y) }),
  log: ({ a, dy }) => ({ a: { calculation: 'divide', terms: { a: dy, b: a } } }),
  sqrt: ({ y, dy }) => ({ a: { calculation: 'divide', terms: { a: dy, b: y }, factor: 0.5 } }),
  abs: ({ a, dy }) => ({ a: { calculation: 'absGradient', terms: { a, b: dy } } }),
};

export const calculationGradient: GradientRule<CalculationAttributes> = (node, [dy], wanted) => {
  const { label, calculation, factor } = node.attributes;
  if (!dy) return {};
  const slopes = SLOPES[calculation];
  if (!slopes) throw new ShapeError(`${label}: gradients cannot be differentiated again`);
  const a = required(node, 'a');
  // Whoever has a slope by y makes it without a factor.
  const { b = a, c = a } = node.inputs;
  const found = Object.entries(slopes({ a, b, c, y: first(node), dy }));
  return Object.fromEntries(
    found.filter(([name]) => wanted(name)).map(([name, slope]) => [name, toward(required(node, name), label, slope, factor)]),
  );
};

function toward(input: Tensor, label: string, { calculation, terms, factor = 1 }: Slope, outer: number): Tensor {
  const whole = factor * outer;
  if (!sameShape(sizesOf(label, terms), input.shape)) return summedLike(input, label, calculation, terms, whole);
  return calculation === 'copy' && whole === 1 ? terms.a : calculated(label, calculation, terms, { factor: whole });
}

/** Of the sum of a, or of a b. */
export const reductionGradient: GradientRule<ReductionAttributes> = (node, [dy], wanted) => {
  const { label, calculation, factor, axes } = node.attributes;
  if (!dy) return {};
  const { b } = node.inputs;
  const a = required(node, 'a');
  const whole = sizesOf(label, node.inputs);
  const slope = reshape(
    dy,
    whole.map((size, axis) => (axes.includes(axis) ? 1 : size)),
  );
  if (calculation === 'copy') return { a: calculated(label, 'copy', { a: slope }, { factor, shape: whole }) };
  if (calculation !== 'multiply' || !b) throw new ShapeError(`${label}: gradients cannot be differentiated again`);
  const through = (input: Tensor, other: Tensor): Tensor => {
    // Where neither the slope nor the other factor has an axis of the input's, the slope is repeated along it.
    const covered = sameShape(sizesOf(label, { a: slope, b: other }), whole);
    const repeated = covered ? slope : calculated(label, 'copy', { a: slope }, { shape: whole });
    return toward(input, label, times(repeated, other), factor);
  };
  return { a: wanted('a') ? through(a, b) : undefined, b: wanted('b') ? through(b, a) : undefined };
};
