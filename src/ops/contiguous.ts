import { elements } from '../core/value.ts';
import { type Lowering, type Operand, STATE } from '../graph/operation.ts';
import type { Tensor } from '../graph/tensor.ts';
import { contiguous } from '../graph/tensor.ts';
import { mapFamily } from '../kernels/forward.ts';
import type { ElementType, View } from '../kernels/view.ts';

/** How kernels see a tensor, and what they bind, to be asked for once: where that is a copy, asking dispatches it. */
export interface OperandLater {
  readonly view: View;
  operand(): Operand;
}

/** What kernels bind for a tensor, and how they see it. */
interface OperandNow {
  readonly view: View;
  readonly operand: Operand;
}

/** A tensor as kernels want it that take no view but f32 (biases, statistics, labels): itself, or a copy where it is a part of another. */
export function contiguousOperand(lowering: Lowering, tensor: Tensor): OperandNow {
  return now(contiguousLater(lowering, tensor));
}

export function contiguousLater(lowering: Lowering, tensor: Tensor): OperandLater {
  const view = lowering.view(tensor);
  if (isWhole(view) && (view.type ?? 'f32') === 'f32') return { view, operand: () => tensor };
  return copied(lowering, tensor, 'f32');
}

/** The factor of a product that takes no view (filters, weights): as it is, its f16 copy, or a copy where it is a part of another tensor. */
export function factorOperand(lowering: Lowering, tensor: Tensor): OperandNow {
  return now(factorLater(lowering, tensor));
}

export function factorLater(lowering: Lowering, tensor: Tensor): OperandLater {
  const half = lowering.halfCopy(tensor);
  return half ? { view: { ...lowering.view(tensor), type: 'f16' }, operand: () => half } : wholeLater(lowering, tensor);
}

/** A tensor for kernels that take no view: as it is, or a copy where it is a part of another. */
export function wholeOperand(lowering: Lowering, tensor: Tensor): OperandNow {
  return now(wholeLater(lowering, tensor));
}

function wholeLater(lowering: Lowering, tensor: Tensor): OperandLater {
  const view = lowering.view(tensor);
  return isWhole(view) ? { view, operand: () => tensor } : copied(lowering, tensor, view.type);
}

function now({ view, operand }: OperandLater): OperandNow {
  return { view, operand: operand() };
}

function isWhole(view: View): boolean {
  return view.offset === 0 && view.rowStride === view.channels;
}

function copied(lowering: Lowering, tensor: Tensor, type: ElementType | undefined): OperandLater {
  const size = elements(tensor.shape);
  const y = contiguous(tensor.shape, size, type);
  return {
    view: y,
    operand() {
      const { replicas } = lowering;
      const copy = lowering.scratch(size * replicas, type);
      const problem = { replicas, operation: 'copy', a: lowering.view(tensor), y } as const;
      lowering.dispatch(mapFamily, problem, [tensor, undefined, undefined, STATE, copy]);
      return copy;
    },
  };
}
