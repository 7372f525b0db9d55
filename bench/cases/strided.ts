import { elements, type Shape } from '../../src/core/value.ts';
import type { Calculation } from '../../src/kernels/arithmetic.ts';
import type { BroadcastProblem } from '../../src/kernels/broadcast.ts';
import type { NormalizeProblem } from '../../src/kernels/layer-norm.ts';
import type { SumProblem } from '../../src/kernels/reduce.ts';
import type { Strided } from '../../src/kernels/strided.ts';
import { after, type CaseData, type KernelCase, timed } from './case.ts';
import { quarters } from './draw.ts';
import { NOTHING, placed, taken, unwritten, viewElements, viewLength } from './layout.ts';

/** shaders/lib/arithmetic.wgsl in float64. */
const CALCULATIONS: Readonly<Record<Calculation, (a: number, b: number, c: number) => number>> = {
  copy: (a) => a,
  add: (a, b) => a + b,
  subtract: (a, b) => a - b,
  multiply: (a, b) => a * b,
  divide: (a, b) => a / b,
  maximum: Math.max,
  minimum: Math.min,
  prelu: (a, b) => (a > 0 ? a : a * b),
  multiplyAdd: (a, b, c) => a * b + c,
  exp: Math.exp,
  log: Math.log,
  sqrt: Math.sqrt,
  abs: Math.abs,
  divisorGradient: (a, b, c) => (-c * a) / b ** 2,
  maximumGradient: (a, b, c) => (a > b ? c : a === b ? c / 2 : 0),
  minimumGradient: (a, b, c) => (a < b ? c : a === b ? c / 2 : 0),
  absGradient: (a, b) => Math.sign(a) * b,
  preluInputGradient: (a, b, c) => (a > 0 ? c : c * b),
  preluSlopeGradient: (a, b) => (a > 0 ? 0 : a * b),
};

/** Relative error of one calculation: two quotients and a product at most, and what functions are allowed. */
const ROUNDING = 2 ** -20;

/** The offset of each item along axes of `sizes`, the last one fastest. */
function offsetsAlong(sizes: Shape, steps: readonly number[]): Uint32Array {
  return Uint32Array.from({ length: elements(sizes) }, (_, item) => {
    let rest = item;
    let offset = 0;
    for (let axis = sizes.length - 1; axis >= 0; axis--) {
      const size = sizes[axis] ?? 1;
      offset += (rest % size) * (steps[axis] ?? 0);
      rest = Math.floor(rest / size);
    }
    return offset;
  });
}

function reach(sizes: Shape, steps: readonly number[]): number {
  return sizes.reduce((sum, size, axis) => sum + (size - 1) * (steps[axis] ?? 0), 0);
}

/** Elements that an operand holds, those that are repeated once. */
function distinct(sizes: Shape, steps: readonly number[]): number {
  return elements(sizes.filter((_, axis) => steps[axis] !== 0));
}

function operandsOf<S extends Strided>({ a, b, c }: { a: S; b?: S; c?: S }): S[] {
  return [a, b, c].filter((operand) => operand !== undefined);
}

export function broadcastCase(problem: BroadcastProblem): KernelCase {
  const { calculation, factor, sizes, y } = problem;
  const operands = operandsOf(problem);
  const steps = operands.map((operand) => `[${operand.steps.join()}]`).join(' ');
  const shape = `${sizes.join('x') || 1} ${calculation}${factor === 1 ? '' : ` times ${factor}`} along ${steps}`;
  return {
    shape,
    operations: elements(sizes) * ((calculation === 'copy' ? 0 : operands.length) + (factor === 1 ? 0 : 1)),
    bytes: 4 * (elements(sizes) + operands.reduce((sum, operand) => sum + distinct(sizes, operand.steps), 0)),
    data: () =>
      stridedData(
        shape,
        operands,
        (operand) => reach(sizes, operand.steps),
        y,
        sizes,
        (read) => {
          const offsets = operands.map((operand) => offsetsAlong(sizes, operand.steps));
          return Float64Array.from({ length: elements(sizes) }, (_, i) => {
            const [left = 0, right = 0, third = 0] = offsets.map((own, n) => read(n, own[i] ?? 0));
            return factor * CALCULATIONS[calculation](left, right, third);
          });
        },
      ),
  };
}

export function sumCase(problem: SumProblem): KernelCase {
  const { calculation, factor, sizes, summed, splits, perSplit, part, y } = problem;
  const operands = operandsOf(problem);
  const [items, terms] = [elements(sizes), elements(summed)];
  const steps = operands.map((operand) => `[${operand.steps.join()}][${operand.terms.join()}]`).join(' ');
  const shape = `${sizes.join('x') || 1} sums of ${summed.join('x') || 1} ${calculation} along ${steps} in ${splits}`;
  const result = { ...y, replicaStride: part * splits };
  return {
    shape,
    operations: items * terms * (calculation === 'copy' ? 1 : operands.length),
    bytes:
      4 *
      (items * splits +
        operands.reduce((sum, operand) => sum + distinct([...sizes, ...summed], [...operand.steps, ...operand.terms]), 0)),
    data: () => {
      const partSizes = [splits, ...sizes];
      const output = { ...result, steps: [part, ...y.steps] };
      return stridedData(
        shape,
        operands,
        (operand) => reach(sizes, operand.steps) + reach(summed, operand.terms),
        output,
        partSizes,
        (read) => {
          const offsets = operands.map((operand) => offsetsAlong(sizes, operand.steps));
          const termOffsets = operands.map((operand) => offsetsAlong(summed, operand.terms));
          return Float64Array.from({ length: splits * items }, (_, i) => {
            let sum = 0;
            const first = Math.floor(i / items) * perSplit;
            for (let term = first; term < Math.min(first + perSplit, terms); term++) {
              const [left = 0, right = 0, third = 0] = operands.map((_operand, n) =>
                read(n, (offsets[n]?.[i % items] ?? 0) + (termOffsets[n]?.[term] ?? 0)),
              );
              sum += CALCULATIONS[calculation](left, right, third);
            }
            return factor * sum;
          });
        },
        // Each term is below 8, and rounded; so is their sum, at most as often as there are terms.
        Math.min(perSplit, 200) * perSplit * 2 ** -21,
      );
    },
  };
}

/** Numbers that no calculation here divides by 0 or takes no root of. */
function drawn(shape: string, stream: number, length: number): Float64Array {
  return quarters(shape, stream, [length]).data.map((value) => Math.abs(value) + 0.25);
}

function stridedData<S extends Strided>(
  shape: string,
  operands: readonly S[],
  reachOf: (operand: S) => number,
  y: Strided,
  sizes: Shape,
  compute: (read: (operand: number, offset: number) => number) => Float64Array,
  error = 0,
): CaseData {
  const memories = operands.map((operand, n) => drawn(shape, n, operand.offset + reachOf(operand) + 1));
  const read = (n: number, offset: number) => memories[n]?.[(operands[n]?.offset ?? 0) + offset] ?? 0;
  const [a = NOTHING, b = NOTHING, c = NOTHING] = memories.map((memory) => Float32Array.from(memory));
  const offsets = offsetsAlong(sizes, y.steps);
  return {
    bindings: [a, b, c, unwritten(Math.max(y.replicaStride, y.offset + reach(sizes, y.steps) + 1))],
    expected: () =>
      after(
        timed(() => compute(read)),
        (values) => [
          {
            name: 'y',
            values,
            error: (i: number) => ROUNDING * Math.abs(values[i] ?? 0) + error,
            actual: ([, , , memory]: readonly ArrayBuffer[]) => {
              const all = new Float32Array(memory ?? new ArrayBuffer(0));
              return Float32Array.from(offsets, (offset) => all[y.offset + offset] ?? Number.NaN);
            },
          },
        ],
      ),
  };
}

export function normalizeCase({ length, epsilon, x, normalised, y }: NormalizeProblem): KernelCase {
  const shape = `${x.rows}x${x.channels} ${normalised ? 'gradient of ' : ''}groups of ${length}`;
  const groups = viewElements(x) / length;
  return {
    shape,
    operations: viewElements(x) * (normalised ? 7 : 6),
    bytes: 4 * (viewElements(x) + viewElements(normalised) + viewElements(y) + groups),
    data() {
      const values = quarters(shape, 0, [x.rows, x.channels]).data;
      const saved = quarters(shape, 1, [x.rows, x.channels]).data;
      const kept = Float64Array.from({ length: groups }, (_, group) => 1 + (group % 4) / 4);
      const compute = () => {
        const result = new Float64Array(values.length);
        for (let group = 0; group < groups; group++) {
          const [start, end] = [group * length, (group + 1) * length];
          const own = values.subarray(start, end);
          const mean = own.reduce((sum, value) => sum + value, 0) / length;
          const product = own.reduce((sum, value, i) => sum + value * (saved[start + i] ?? 0), 0) / length;
          const variance = own.reduce((sum, value) => sum + (value - mean) ** 2, 0) / length;
          const scale = normalised ? (kept[group] ?? 0) : 1 / Math.sqrt(variance + epsilon);
          own.forEach((value, i) => {
            result[start + i] = scale * (value - mean - (normalised ? (saved[start + i] ?? 0) * product : 0));
          });
        }
        return result;
      };
      return {
        bindings: [
          placed(x, values),
          normalised ? placed(normalised, saved) : NOTHING,
          normalised ? Float32Array.from(kept) : NOTHING,
          unwritten(groups),
          unwritten(viewLength(y)),
        ],
        expected: () =>
          after(timed(compute), (data) => [
            {
              name: 'y',
              values: data,
              // A rounding for each of the largest terms of the means, and some of the rest.
              error: (i: number) => 2 ** -18 * (1 + Math.abs(data[i] ?? 0)),
              actual: ([, , , , memory]: readonly ArrayBuffer[]) => taken(y, memory),
            },
          ]),
      };
    },
  };
}
