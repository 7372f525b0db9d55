import { ShapeError } from '../core/errors.ts';
import { elements, formatShape, type Shape } from '../core/value.ts';
import { apply, first, required, type Tensor } from '../graph/tensor.ts';
import { gatherFamily, type Whole } from '../kernels/gather.ts';
import { contiguousOperand, wholeOperand } from './contiguous.ts';
import type { DifferentiableOperation } from './differentiable.ts';

/** What float32 counts exactly. */
const MOST_ROWS = 2 ** 24;

/** The parts x[i] of x [ROWS, ...] for each index: [...indices, ...]. */
export function gather(inputs: { x: Tensor; indices: Tensor }): Tensor {
  return first(apply(gatherOperation, inputs, {}));
}

/** Rows of x, and elements of each. */
export function rowsIn(shape: Shape): { rows: number; width: number } {
  return { rows: shape[0] ?? 1, width: elements(shape.slice(1)) };
}

export const gatherOperation: DifferentiableOperation = {
  name: 'gather',
  standsAlone: true,
  infer({ x, indices }) {
    const shape = x?.shape ?? [];
    if (shape.length === 0) throw new ShapeError(`gather: 'x' must be [ROWS, ...], got ${formatShape(shape)}`);
    const { rows } = rowsIn(shape);
    if (rows > MOST_ROWS)
      throw new ShapeError(
        `gather: 'x' has ${rows} rows, but an index, a float32, counts to ${MOST_ROWS}; gather from parts of it`,
      );
    return [{ shape: [...(indices?.shape ?? []), ...shape.slice(1)], type: x?.type }];
  },
  labels: ({ inputs: { x } }) => ({ input: 'indices', classes: rowsIn(x?.shape ?? []).rows, of: 'rows' }),
  lower(node, lowering) {
    const x = wholeOperand(lowering, required(node, 'x'));
    const indices = required(node, 'indices');
    const index = contiguousOperand(lowering, indices);
    const y = first(node);
    const problem = {
      replicas: lowering.replicas,
      ...rowsIn(required(node, 'x').shape),
      count: elements(indices.shape),
      x: whole(x.view),
      index: whole(index.view),
      y: whole(lowering.view(y)),
    };
    lowering.dispatch(gatherFamily, problem, [x.operand, index.operand, y]);
  },
};

/** What kernels of whole tensors know of a view. */
export function whole({ replicaStride, type }: Whole): Whole {
  return { replicaStride, type };
}
