import type { GatherGradientProblem, GatherProblem } from '../../src/kernels/gather.ts';
import { gather } from '../../src/reference/gather.ts';
import type { Tensor64 } from '../../src/reference/reference.ts';
import { after, type KernelCase, timed } from './case.ts';
import { integers, quarters } from './draw.ts';
import { sumParts, unwritten } from './layout.ts';

export function gatherCase({ rows, width, count }: GatherProblem): KernelCase {
  const shape = `${count} of ${rows} rows of ${width}`;
  return {
    shape,
    operations: 0,
    bytes: 4 * (2 * count * width + count),
    data() {
      const x = quarters(shape, 0, [rows, width]);
      const indices = { shape: [count], data: integers(shape, 1, count, rows) };
      return {
        bindings: [Float32Array.from(x.data), Float32Array.from(indices.data), unwritten(count * width)],
        expected: () =>
          after(
            timed(() => gather.forward({ x, indices }, {})),
            ({ data }) => [
              { name: 'y', values: data, actual: ([, , y]: readonly ArrayBuffer[]) => new Float32Array(y ?? new ArrayBuffer(0)) },
            ],
          ),
      };
    },
  };
}

export function gatherGradientCase({ rows, width, count, splits, part }: GatherGradientProblem): KernelCase {
  const shape = `${count} of ${rows} rows of ${width} dx in ${splits}`;
  return {
    shape,
    operations: count * width,
    bytes: 4 * (count * width + count + splits * rows * width),
    data() {
      const x = { shape: [rows, width], data: new Float64Array(rows * width) };
      const dy = quarters(shape, 0, [count, width]);
      const indices = { shape: [count], data: integers(shape, 1, count, rows) };
      return {
        bindings: [Float32Array.from(dy.data), Float32Array.from(indices.data), unwritten(splits * part)],
        expected: () =>
          after(
            timed(() => gather.gradient({ x, indices }, dy, {}).x as Tensor64),
            ({ data }) => [
              {
                name: 'dx',
                values: data,
                actual: ([, , parts]: readonly ArrayBuffer[]) => sumParts(parts, splits, part, rows * width),
              },
            ],
          ),
      };
    },
  };
}
