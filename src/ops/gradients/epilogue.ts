import { definitionOf } from '../../core/activations/registry.ts';
import { apply, first, type Tensor } from '../../graph/tensor.ts';
import type { Epilogue } from '../../kernels/epilogue.ts';
import { elementwise } from '../elementwise.ts';
import { isPlain } from '../epilogue.ts';

/** The gradient with respect to what an epilogue got, `z` where that is in memory, from that with respect to its result `y`. */
export function throughEpilogue(epilogue: Epilogue, dy: Tensor, y: Tensor, z?: Tensor): Tensor {
  if (epilogue.gradient) throw new Error('The gradient of a gradient is not defined');
  if (isPlain(epilogue)) return dy;
  const saved = definitionOf(epilogue.activation.kind).derivativeFrom === 'input' ? z : y;
  if (!saved) throw new Error(`The input of ${epilogue.activation.kind} is not in memory, which its gradient needs`);
  return first(
    apply(
      elementwise,
      { a: dy, saved },
      { label: 'gradient', operation: 'copy', factor: 1, epilogue: { ...epilogue, gradient: true } },
    ),
  );
}
