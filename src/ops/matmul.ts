import { OptionError, ShapeError } from '../core/errors.ts';
import { shown } from '../core/shown.ts';
import { elements, formatShape, type Shape } from '../core/value.ts';
import { type Lowering, type Operand, STATE } from '../graph/operation.ts';
import { apply, first, required, type Tensor } from '../graph/tensor.ts';
import { broadcastFamily, matmulFamily } from '../kernels/forward.ts';
import type { Factor } from '../kernels/matmul/problem.ts';
import { packedSteps, spread, walk } from '../kernels/strided.ts';
import { broadcastShape, jointType } from './calculation.ts';
import { plainProduct } from './dense.ts';
import type { DifferentiableOperation } from './differentiable.ts';
import { NO_EPILOGUE } from './epilogue.ts';

export interface MatmulAttributes {
  /** Whether the last two axes of a, or of b, change places first [false]. */
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
}

/** Products of matrices: a [...,M,K] times b [...,K,N], whose leading axes are broadcast. */
export function matmul(inputs: { a: Tensor; b: Tensor }, attributes: MatmulAttributes = {}): Tensor {
  const { transposeA = false, transposeB = false } = attributes;
  for (const [name, value] of Object.entries({ transposeA, transposeB }))
    if (typeof value !== 'boolean') throw new OptionError(`matmul: ${name} must be true or false, got ${shown(value)}`);
  return first(apply(matmulOperation, inputs, { transposeA, transposeB }));
}

/** The matrices of a tensor: rows and columns as they are multiplied, and the axes before. */
function matricesOf(shape: Shape, transposed: boolean): { rows: number; columns: number; leading: Shape } {
  const [rows = 1, columns = 1] = shape.slice(-2);
  return { rows: transposed ? columns : rows, columns: transposed ? rows : columns, leading: shape.slice(0, -2) };
}

export const matmulOperation: DifferentiableOperation<Required<MatmulAttributes>> = {
  name: 'matmul',
  // Its kernels see each matrix of a batch as a replica, which must lie one behind the other.
  standsAlone: true,
  infer({ a, b }, { transposeA, transposeB }) {
    for (const [name, tensor] of Object.entries({ a, b }))
      if (!tensor || tensor.shape.length < 2)
        throw new ShapeError(`matmul: '${name}' must have two axes at least, got ${formatShape(tensor?.shape ?? [])}`);
    const left = matricesOf(a?.shape ?? [], transposeA);
    const right = matricesOf(b?.shape ?? [], transposeB);
    if (left.columns !== right.rows)
      throw new ShapeError(
        `matmul: 'a' ${formatShape(a?.shape ?? [])}${transposeA ? ', transposed,' : ''} has ${left.columns} columns, but 'b' ${formatShape(b?.shape ?? [])}${transposeB ? ', transposed,' : ''} ${right.rows} rows; they must be the same`,
      );
    const leading = broadcastShape('matmul, but for the last two axes', { a: left.leading, b: right.leading });
    return [{ shape: [...leading, left.rows, right.columns], type: jointType([a, b].flatMap((tensor) => tensor ?? [])) }];
  },
  lower(node, lowering) {
    const { transposeA, transposeB } = node.attributes;
    const [a, b, y] = [required(node, 'a'), required(node, 'b'), first(node)];
    const left = matricesOf(a.shape, transposeA);
    const [m, n] = y.shape.slice(-2);
    // One right factor for all: the rows of the left ones make a single product.
    const joint = !transposeA && elements(b.shape.slice(0, -2)) === 1;
    const leading = joint ? [] : y.shape.slice(0, -2);
    const batch = elements(leading);
    const shapes = joint
      ? ([[elements(a.shape) / left.columns, left.columns], b.shape.slice(-2)] as const)
      : ([a.shape, b.shape] as const);
    const one = matrixOperand(lowering, a, shapes[0], leading, transposeA);
    const other = matrixOperand(lowering, b, shapes[1], leading, transposeB);
    const rows = joint ? elements(y.shape) / (n ?? 1) : (m ?? 1);
    const { type } = lowering.view(y);
    const result = { rows, channels: n ?? 1, rowStride: n ?? 1, offset: 0, replicaStride: rows * (n ?? 1), type };
    const problem = {
      ...plainProduct(lowering),
      replicas: lowering.replicas * batch,
      m: rows,
      n: n ?? 1,
      k: left.columns,
      a: one.factor,
      b: other.factor,
      y: result,
      perSplit: left.columns,
      epilogue: NO_EPILOGUE,
    };
    lowering.dispatch(matmulFamily, problem, [one.operand, other.operand, undefined, undefined, STATE, y, undefined]);
  },
};

/** A tensor of `shape` as the factor of `leading` products a replica: as it lies, where it is repeated or in pieces as a copy. */
function matrixOperand(
  lowering: Lowering,
  tensor: Tensor,
  shape: Shape,
  leading: Shape,
  transposed: boolean,
): { operand: Operand; factor: Factor } {
  const [rows = 1, columns = 1] = shape.slice(-2);
  const { offset, rowStride, replicaStride, type } = lowering.view(tensor);
  const batch = elements(leading);
  const turned = (step: number): Pick<Factor, 'rowStride' | 'columnStride'> =>
    transposed ? { rowStride: 1, columnStride: step } : { rowStride: step, columnStride: 1 };
  const own = elements(shape.slice(0, -2));
  const factor = (stride: number): Factor => ({ offset, ...turned(rowStride), replicaStride: stride, type });
  if (batch === 1) return { operand: tensor, factor: factor(replicaStride) };
  if (own === batch && (lowering.replicas === 1 || replicaStride === batch * rows * rowStride))
    return { operand: tensor, factor: factor(rows * rowStride) };
  if (own === 1 && lowering.replicas === 1) return { operand: tensor, factor: factor(0) };
  const sizes = [...leading, rows, columns];
  const size = elements(sizes);
  const operand = lowering.scratch(size * lowering.replicas, type);
  const copied = walk(sizes, {
    a: spread(tensor.shape, lowering.view(tensor), sizes),
    y: { offset: 0, replicaStride: size, steps: packedSteps(sizes), type },
  });
  const problem = {
    replicas: lowering.replicas,
    calculation: 'copy',
    factor: 1,
    sizes: copied.sizes,
    ...copied.operands,
  } as const;
  lowering.dispatch(broadcastFamily, problem, [tensor, undefined, undefined, operand]);
  return { operand, factor: { offset: 0, ...turned(columns), replicaStride: rows * columns, type } };
}
