import { elements } from '../core/value.ts';
import type { Lowering, Operand } from '../graph/operation.ts';
import type { Tensor } from '../graph/tensor.ts';
import { contiguous } from '../graph/tensor.ts';
import { mapFamily } from '../kernels/elementwise.ts';
import type { View } from '../kernels/view.ts';

/** A tensor as kernels want it that take no view (filters, weights, labels): itself, or a copy where it is a part of another. */
export function contiguousOperand(lowering: Lowering, tensor: Tensor): { operand: Operand; view: View } {
  const view = lowering.view(tensor);
  if (view.offset === 0 && view.rowStride === view.channels) return { operand: tensor, view };
  const size = elements(tensor.shape);
  const y = contiguous(tensor.shape, size);
  const operand = lowering.scratch(size * lowering.replicas);
  lowering.dispatch(mapFamily, { replicas: lowering.replicas, operation: 'copy', a: view, y }, [
    tensor,
    undefined,
    undefined,
    'state',
    operand,
  ]);
  return { operand, view: y };
}
