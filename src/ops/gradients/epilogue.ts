import { apply, first, type Tensor } from '../../graph/tensor.ts';
import type { Epilogue } from '../../kernels/epilogue.ts';
import { elementwise } from '../elementwise.ts';
import { isPlain } from '../epilogue.ts';

/** The gradient with respect to what an epilogue got, from that with respect to its result `y`. */
export function throughEpilogue(epilogue: Epilogue, dy: Tensor, y: Tensor): Tensor {
  if (epilogue.gradient) throw new Error('The gradient of a gradient is not defined');
  if (isPlain(epilogue)) return dy;
  return first(
    apply(
      elementwise,
      { a: dy, saved: y },
      { label: 'gradient', operation: 'copy', factor: 1, epilogue: { ...epilogue, gradient: true } },
    ),
  );
}
