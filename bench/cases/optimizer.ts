import { referenceChange, referenceDecay } from '../../kernels-test/support/reference-optimizers.ts';
import { DIVISION, UNIT } from '../../kernels-test/support/rounding.ts';
import type { UpdateRule } from '../../src/kernels/optimizer.ts';
import { type Segment, segmentTable } from '../../src/kernels/segment-table.ts';
import { type OptimizerSpec, type OptimizerType, ruleOf } from '../../src/train/optimizers/registry.ts';
import { after, type ExpectedOutput, type KernelCase, timed } from './case.ts';
import { normals } from './draw.ts';
import { LEARNING_RATE, STEP, single, stateWords } from './layout.ts';

/** A parameter as the optimizer sees it: elements, and the partial sums of its gradient. */
export interface Trained {
  readonly length: number;
  readonly splits: number;
}

/** Elements to which offsets in an arena are aligned, as in src/plan/parameters.ts. */
const ALIGNMENT = 64;

/** The parameters of a network one after the other in an arena, with their decoupled decay [none]. */
export function segmentsOf(
  parameters: readonly Trained[],
  decayOf: UpdateRule['decay'] = () => 0,
): { segments: Segment[]; values: number; gradients: number } {
  let values = 0;
  let gradients = 0;
  const segments = parameters.map(({ length: exact, splits }): Segment => {
    const length = Math.ceil(exact / 4) * 4;
    const segment = {
      parameter: values,
      length,
      gradient: gradients,
      splits,
      distance: length,
      weightDecay: 0,
      decay: decayOf([exact]),
      replica: 0,
    };
    values += Math.ceil(length / ALIGNMENT) * ALIGNMENT;
    gradients += Math.ceil((length * splits) / ALIGNMENT) * ALIGNMENT;
    return segment;
  });
  return { segments, values, gradients };
}

/** Additions, multiplications, roots and quotients of an element, but for the adding of partial sums. */
const OPERATIONS: Readonly<Record<OptimizerType, number>> = { adam: 13, adamW: 15, rmsprop: 10, sgd: 4 };

/** One update of all the parameters of a network. Bindings: table, state, gradients, parameters, one or two moments. */
export function optimizerCase(spec: OptimizerSpec, parameters: readonly Trained[]): KernelCase {
  const { moments, decay: decayOf } = ruleOf(spec);
  const { segments, values, gradients } = segmentsOf(parameters, decayOf);
  const count = parameters.reduce((sum, { length }) => sum + length, 0);
  const sums = parameters.reduce((sum, { length, splits }) => sum + length * splits, 0);
  const label = `${count} parameters, ${spec.type}`;
  return {
    shape: label,
    operations: count * OPERATIONS[spec.type] + sums - count,
    bytes: 4 * (sums + 2 * count * (1 + moments)),
    data() {
      const gradient = normals(label, 0, [gradients], 0.01).data;
      const before = normals(label, 1, [values], 0.05).data;
      // Above 0, since either may be a mean of squares.
      const first = normals(label, 2, [values], 0.01).data.map((value) => Math.fround(Math.abs(value) + 1e-4));
      const second = normals(label, 3, [values], 0.01).data.map((value) => Math.fround(value ** 2 + 1e-4));
      const step = () => {
        const [w, m, v] = [before.slice(), first.slice(), second.slice()];
        for (const { parameter, length, gradient: from, splits, distance } of segments) {
          const kept = 1 - LEARNING_RATE * referenceDecay(spec, [length]);
          for (let i = 0; i < length; i++) {
            let g = 0;
            for (let s = 0; s < splits; s++) g += gradient[from + s * distance + i] as number;
            const at = parameter + i;
            const moments: [number, number] = [m[at] as number, v[at] as number];
            w[at] = kept * (w[at] as number) - LEARNING_RATE * referenceChange(spec, g, STEP + 1, moments);
            [m[at], v[at]] = moments;
          }
        }
        return { w, m, v };
      };
      const { words } = segmentTable(segments, { type: 'constant' });
      return {
        bindings: [
          Uint32Array.from(words),
          stateWords(),
          single(gradient),
          single(before),
          single(first),
          ...(moments === 2 ? [single(second)] : []),
        ],
        expected: () =>
          after(timed(step), ({ w, m, v }): ExpectedOutput[] => {
            // A dozen roundings of terms of these sizes, and those of the step itself, whose quotient is of the size of a few.
            const bound = (data: Float64Array, size: number) => (i: number) => 16 * UNIT * (Math.abs(data[i] ?? 0) + size);
            const output = (name: string, binding: number, data: Float64Array, size: number): ExpectedOutput => ({
              name,
              values: data,
              error: bound(data, size),
              actual: (memory) => new Float32Array(memory[binding] ?? new ArrayBuffer(0)),
            });
            return [
              output('parameters', 3, w, LEARNING_RATE * (1 + DIVISION / UNIT)),
              output('first moments', 4, m, 0.05),
              ...(moments === 2 ? [output('second moments', 5, v, 1e-4)] : []),
            ];
          }),
      };
    },
  };
}
