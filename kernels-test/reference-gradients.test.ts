import { describe, expect, test } from 'vitest';
import { elements } from '../src/core/value.ts';
import { type Reference, references, type Tensor64, toTensor64, toTensors } from '../src/reference/index.ts';
import { at } from '../src/reference/tensor.ts';
import { type Case, cases, outputGradientOf } from './cases/index.ts';

/** The largest number of input elements of a case whose derivatives are taken numerically. */
const SMALL = 300;

const smallCases = cases({ size: 'full' }).filter(
  ({ kink, inputs }) => !kink && Object.values(inputs).reduce((sum, input) => sum + elements(input.shape), 0) <= SMALL,
);

/**
 * d sum(outputGradient y) / dx by central differences D(h), and how far it may be from the truth. Truncation: to leading order
 * D(2h) - D(h) is three times the error of D(h). Rounding: an output is computed by at most `SMALL` additions and multiplications
 * of numbers of about 1 or its own size, each off by 2^-53 of that, and the difference is divided by 2h.
 */
function centralDifference(
  evaluate: (x: number) => Float64Array,
  x: number,
  outputGradient: Float64Array,
): { slope: number; bound: number } {
  const h = 2 ** -17 * 2 ** Math.ceil(Math.log2(Math.max(1, Math.abs(x))));
  let magnitude = 0;
  const difference = (step: number) => {
    const [above, below] = [evaluate(x + step), evaluate(x - step)];
    return above.reduce((sum, value, i) => {
      const g = at(outputGradient, i);
      magnitude += Math.abs(g) * (1 + Math.abs(value) + Math.abs(at(below, i)));
      return sum + (g * (value - at(below, i))) / (2 * step);
    }, 0);
  };
  const [slope, coarse] = [difference(h), difference(2 * h)];
  return { slope, bound: Math.abs(coarse - slope) + (SMALL * 2 ** -53 * magnitude) / h };
}

function worstDerivative(testCase: Case): { failures: string[]; loosest: number } {
  const { op, name, attributes } = testCase;
  const reference = references[op] as Reference;
  const inputs = toTensors(op, testCase.inputs);
  const outputGradient = toTensor64(outputGradientOf(testCase, reference.forward(inputs, attributes).shape));
  const failures: string[] = [];
  let loosest = 0;
  for (const [input, gradient] of Object.entries(reference.gradient(inputs, outputGradient, attributes))) {
    const varied = inputs[input] as Tensor64;
    varied.data.forEach((x, i) => {
      const evaluate = (changed: number) => {
        varied.data[i] = changed;
        return reference.forward(inputs, attributes).data;
      };
      const { slope, bound } = centralDifference(evaluate, x, outputGradient.data);
      varied.data[i] = x;
      loosest = Math.max(loosest, bound / Math.max(1, Math.abs(slope)));
      if (!(Math.abs(slope - at(gradient.data, i)) <= bound))
        failures.push(`${name}: d/d${input}[${i}] is ${at(gradient.data, i)}, by differences ${slope}, bound ${bound}`);
    });
  }
  return { failures, loosest };
}

describe('the gradients of the references agree with central differences', () => {
  for (const op of Object.keys(references))
    test(op, () => {
      const small = smallCases.filter((testCase) => testCase.op === op);
      expect(small.length).toBeGreaterThan(0);
      const results = small.map(worstDerivative);
      expect(results.flatMap(({ failures }) => failures)).toEqual([]);
      // The bounds are tight enough to mean something.
      expect(Math.max(...results.map(({ loosest }) => loosest))).toBeLessThan(1e-4);
    });
});
