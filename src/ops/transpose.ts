import { OptionError } from '../core/errors.ts';
import { shown } from '../core/shown.ts';
import { formatShape } from '../core/value.ts';
import { apply, first, required, type Tensor } from '../graph/tensor.ts';
import { broadcastFamily } from '../kernels/forward.ts';
import { stepsOf, walk } from '../kernels/strided.ts';
import type { DifferentiableOperation } from './differentiable.ts';

export interface TransposeAttributes {
  /** For each axis of the result, which axis of x it is [in reverse order]. */
  readonly permutation?: readonly number[];
}

export function transpose(inputs: { x: Tensor }, attributes: TransposeAttributes = {}): Tensor {
  const { x } = inputs;
  const axes = x.shape.map((_, axis) => axis);
  const { permutation = [...axes].reverse() } = attributes;
  if (!Array.isArray(permutation) || permutation.length !== axes.length || !axes.every((axis) => permutation.includes(axis)))
    throw new OptionError(
      `transpose: permutation must hold each axis of 'x' ${formatShape(x.shape)} once, from 0 to ${axes.length - 1}, got ${shown(permutation)}`,
    );
  return first(apply(transposeOperation, { x }, { permutation }));
}

export const transposeOperation: DifferentiableOperation<Required<TransposeAttributes>> = {
  name: 'transpose',
  infer: ({ x }, { permutation }) => [{ shape: permutation.map((axis) => x?.shape[axis] ?? 1), type: x?.type }],
  lower(node, lowering) {
    const x = required(node, 'x');
    const y = first(node);
    const [from, to] = [lowering.view(x), lowering.view(y)];
    const steps = stepsOf(x.shape, from);
    const { sizes, operands } = walk(y.shape, {
      a: { ...from, steps: node.attributes.permutation.map((axis) => steps[axis] ?? 0) },
      y: { ...to, steps: stepsOf(y.shape, to) },
    });
    const problem = { replicas: lowering.replicas, calculation: 'copy', factor: 1, sizes, ...operands } as const;
    lowering.dispatch(broadcastFamily, problem, [x, undefined, undefined, y]);
  },
};
