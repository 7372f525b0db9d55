import { elements } from '../core/value.ts';
import type { Lowering, Operand } from '../graph/operation.ts';
import type { Tensor } from '../graph/tensor.ts';
import { contiguous } from '../graph/tensor.ts';
import { mapFamily } from '../kernels/elementwise.ts';
import type { ElementType, View } from '../kernels/view.ts';

/** A tensor as kernels want it that take no view but f32 (biases, statistics, labels): itself, or a copy where it is a part of another. */
export function contiguousOperand(lowering: Lowering, tensor: Tensor): { operand: Operand; view: View } {
  const view = lowering.view(tensor);
  if (isWhole(view) && (view.type ?? 'f32') === 'f32') return { operand: tensor, view };
  return copied(lowering, tensor, 'f32');
}

/** The factor of a product that takes no view (filters, weights): as it is, its f16 copy, or a copy where it is a part of another tensor. */
export function factorOperand(lowering: Lowering, tensor: Tensor): { operand: Operand; view: View } {
  const view = lowering.view(tensor);
  const half = lowering.halfCopy(tensor);
  if (half) return { operand: half, view: { ...view, type: 'f16' } };
  return wholeOperand(lowering, tensor);
}

/** A tensor for kernels that take no view: as it is, or a copy where it is a part of another. */
export function wholeOperand(lowering: Lowering, tensor: Tensor): { operand: Operand; view: View } {
  const view = lowering.view(tensor);
  return isWhole(view) ? { operand: tensor, view } : copied(lowering, tensor, view.type);
}

function isWhole(view: View): boolean {
  return view.offset === 0 && view.rowStride === view.channels;
}

function copied(lowering: Lowering, tensor: Tensor, type: ElementType | undefined): { operand: Operand; view: View } {
  const size = elements(tensor.shape);
  const y = contiguous(tensor.shape, size, type);
  const operand = lowering.scratch(size * lowering.replicas, type);
  lowering.dispatch(mapFamily, { replicas: lowering.replicas, operation: 'copy', a: lowering.view(tensor), y }, [
    tensor,
    undefined,
    undefined,
    'state',
    operand,
  ]);
  return { operand, view: y };
}
