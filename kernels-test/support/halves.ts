import { fromHalf, toHalf } from '../../src/core/half.ts';
import type { Value } from '../../src/core/value.ts';
import { type Case, outputGradientOf } from '../cases/index.ts';
import { HALF_MAX, withHalves } from './rounding.ts';
import { expectedGradients, expectedOutput } from './tolerance.ts';

/** A value that mixed precision takes in exactly. */
export function halved(value: Value): Value {
  return { ...value, data: fromHalf(toHalf(value.data)) };
}

/** The cases that mixed precision can compute, their inputs rounded to f16: nothing in them may be beyond what f16 holds. */
export function halvedCases(cases: readonly Case[]): Case[] {
  return cases
    .map((one): Case => {
      const inputs = Object.fromEntries(Object.entries(one.inputs).map(([name, value]) => [name, halved(value)]));
      return { ...one, inputs };
    })
    .filter((one) => {
      const output = withHalves(() => expectedOutput(one));
      const gradients = withHalves(() => expectedGradients(one, halved(outputGradientOf(one, output.shape))));
      const tensors: readonly { readonly data: Float32Array | Float64Array }[] = [
        ...Object.values(one.inputs),
        output,
        ...Object.values(gradients),
      ];
      return tensors.every(({ data }) => data.every((value: number) => Math.abs(value) < HALF_MAX));
    });
}
