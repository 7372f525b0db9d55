import type { MapProblem } from '../../src/kernels/elementwise.ts';
import { NO_EPILOGUE } from '../../src/kernels/epilogue.ts';
import type { FillProblem } from '../../src/kernels/fill.ts';
import type { SumSplitsProblem } from '../../src/kernels/reduce.ts';
import { add, multiply } from '../../src/reference/arithmetic.ts';
import { map } from '../../src/reference/tensor.ts';
import { after, type KernelCase, timed } from './case.ts';
import { quarters } from './draw.ts';
import { applyEpilogue, epilogueError, epilogueLabel, savedBy } from './epilogue.ts';
import { NOTHING, placed, single, stateWords, taken, unwritten, viewElements, viewLength } from './layout.ts';

export function mapCase(problem: MapProblem): KernelCase {
  const { operation, factor = 1, epilogue = NO_EPILOGUE, a, b, scalar, saved, y } = problem;
  const strided = [a, b, y].some((view) => view && view.rowStride !== view.channels) ? ' in rows' : '';
  const shape = `${y.rows}x${y.channels} ${operation}${scalar ? ' a number' : ''}${factor === 1 ? '' : ` times ${factor}`}${strided}`;
  return {
    shape: `${shape}${epilogueLabel(epilogue)}`,
    operations: viewElements(y) * ((operation === 'copy' ? 0 : 1) + (factor === 1 ? 0 : 1) + (epilogue === NO_EPILOGUE ? 0 : 1)),
    bytes: 4 * (viewElements(a) + (scalar ? 1 : viewElements(b)) + viewElements(saved) + viewElements(y)),
    data() {
      const sizes = [y.rows, y.channels];
      const left = quarters(shape, 0, sizes);
      const drawn = quarters(shape, 1, scalar ? [1] : sizes);
      const right = scalar ? map(left, () => drawn.data[0] ?? 0) : drawn;
      const activated = saved && savedBy(epilogue, quarters(shape, 2, sizes));
      const compute = () => {
        const joint = operation === 'copy' ? left : (operation === 'add' ? add : multiply).forward({ a: left, b: right }, {});
        return applyEpilogue(epilogue, factor === 1 ? joint : map(joint, (value) => factor * value), activated);
      };
      return {
        bindings: [
          placed(a, left.data),
          operation === 'copy' || !b ? NOTHING : scalar ? single(drawn.data) : placed(b, drawn.data),
          saved && activated ? placed(saved, activated.data) : NOTHING,
          stateWords(),
          unwritten(viewLength(y)),
        ],
        expected: () =>
          after(timed(compute), ({ data }) => [
            {
              name: 'y',
              values: data,
              error: (i: number) =>
                (factor === 1 ? 0 : 2 ** -22 * Math.abs(data[i] ?? 0)) + epilogueError(epilogue, data[i] ?? 0),
              actual: ([, , , , memory]: readonly ArrayBuffer[]) => taken(y, memory),
            },
          ]),
      };
    },
  };
}

export function fillCase({ length, value }: FillProblem): KernelCase {
  return {
    shape: `${length} times ${value}`,
    operations: 0,
    bytes: 4 * length,
    data: () => ({
      bindings: [unwritten(length)],
      expected: () =>
        after(
          timed(() => new Float64Array(length).fill(Math.fround(value))),
          (values) => [{ name: 'y', values, actual: ([y]: readonly ArrayBuffer[]) => new Float32Array(y ?? new ArrayBuffer(0)) }],
        ),
    }),
  };
}

export function sumSplitsCase({ splits, length, part }: SumSplitsProblem): KernelCase {
  const shape = `${splits} parts of ${length}`;
  return {
    shape,
    operations: (splits - 1) * length,
    bytes: 4 * (splits + 1) * length,
    data() {
      const view = { rows: splits, channels: length, rowStride: part, offset: 0, replicaStride: splits * part };
      const { data } = quarters(shape, 0, [splits, length]);
      const sum = () =>
        Float64Array.from({ length }, (_, i) => {
          let total = 0;
          for (let s = 0; s < splits; s++) total += data[s * length + i] ?? 0;
          return total;
        });
      return {
        bindings: [placed(view, data), unwritten(part)],
        expected: () =>
          after(timed(sum), (values) => [
            {
              name: 'sum',
              values,
              actual: ([, y]: readonly ArrayBuffer[]) => new Float32Array(y ?? new ArrayBuffer(0), 0, length),
            },
          ]),
      };
    },
  };
}
