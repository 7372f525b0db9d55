import { definitionOf } from '../core/activations/registry.ts';
import { ShapeError } from '../core/errors.ts';
import { formatShape, sameShape } from '../core/value.ts';
import { STATE } from '../graph/operation.ts';
import { apply, first, type Node, required, type Tensor } from '../graph/tensor.ts';
import type { Epilogue } from '../kernels/epilogue.ts';
import { mapFamily } from '../kernels/forward.ts';
import type { DifferentiableOperation } from './differentiable.ts';
import { absorbEpilogue, fuseInto, NO_EPILOGUE, type WithEpilogue } from './epilogue.ts';

export interface ElementwiseAttributes extends WithEpilogue {
  /** The public operation, for errors. */
  readonly label: string;
  readonly operation: 'copy' | 'add' | 'multiply';
  readonly factor: number;
}

/** y = epilogue(factor (a op b)): activations, dropout, sums, products and the gradients of all of them. b may be a scalar. */
export const elementwise: DifferentiableOperation<ElementwiseAttributes> = {
  name: 'elementwise',
  infer({ a, b }, { label }) {
    if (a && b && b.shape.length > 0 && !sameShape(a.shape, b.shape))
      throw new ShapeError(
        `${label}: 'a' has shape ${formatShape(a.shape)} and 'b' ${formatShape(b.shape)}; they must be the same`,
      );
    return [{ shape: a?.shape ?? [], type: a?.type }];
  },
  fuse(node, soleUser, gradients) {
    const { operation, factor, epilogue } = node.attributes;
    if (operation !== 'copy' || factor !== 1) return undefined;
    // The gradient will need the input, which a joint node would not leave in memory.
    if (gradients && !epilogue.gradient && definitionOf(epilogue.activation.kind).derivativeFrom === 'input') return undefined;
    return fuseInto(required(node, 'a'), soleUser, { epilogue, saved: node.inputs.saved });
  },
  absorb: absorbEpilogue,
  lower(node, lowering) {
    const { a, b, saved } = node.inputs;
    const y = first(node);
    const problem = {
      replicas: lowering.replicas,
      operation: node.attributes.operation,
      factor: node.attributes.factor,
      epilogue: node.attributes.epilogue,
      a: lowering.view(required(node, 'a')),
      b: lowering.viewIf(b),
      scalar: b !== undefined && b.shape.length === 0,
      saved: lowering.viewIf(saved),
      y: lowering.view(y),
    };
    lowering.dispatch(mapFamily, problem, [a, b, saved, STATE, y]);
  },
};

/** factor a, or factor a b. */
export function map(operation: 'copy' | 'multiply', label: string, a: Tensor, b: Tensor | undefined, factor: number): Tensor {
  return first(apply(elementwise, { a, b }, { label, operation, factor, epilogue: NO_EPILOGUE }));
}

/** a + b. */
export function added(a: Tensor, b: Tensor): Tensor {
  return first(apply(elementwise, { a, b }, { label: 'add', operation: 'add', factor: 1, epilogue: NO_EPILOGUE }));
}

/** a b, element by element; b may be a scalar. */
export function product(a: Tensor, b: Tensor): Tensor {
  return map('multiply', 'multiply', a, b, 1);
}

/** factor a. */
export function scaled(a: Tensor, factor: number): Tensor {
  return factor === 1 ? a : map('copy', 'scale', a, undefined, factor);
}

/** An activation or dropout of x. */
export function mapped(label: string, x: Tensor, epilogue: Epilogue): Tensor {
  return first(apply(elementwise, { a: x }, { label, operation: 'copy', factor: 1, epilogue }));
}

/** The layer number of a node that draws dropout anew at each step. */
export function drawnLayer(node: Node): number | undefined {
  if (node.operation.name !== elementwise.name) return undefined;
  const { dropout, gradient } = (node.attributes as ElementwiseAttributes).epilogue;
  return dropout && !gradient && !dropout.fixed ? dropout.layer : undefined;
}
