import { elements, sameShape } from '../../core/value.ts';
import type { GradientRule } from '../../graph/differentiate.ts';
import { channelsOf, required, type Tensor } from '../../graph/tensor.ts';
import { type MatmulAttributes, matmul } from '../matmul.ts';
import { summedLike } from '../reduction.ts';
import { reshape } from '../reshape.ts';

/** With y = a b, the gradient of a is dy times b transposed, that of b is a transposed times dy; of a factor that is transposed, transposed. */
export const matmulGradient: GradientRule<Required<MatmulAttributes>> = (node, [dy], wanted) => {
  if (!dy) return {};
  const { transposeA, transposeB } = node.attributes;
  const [a, b] = [required(node, 'a'), required(node, 'b')];
  const left = () =>
    transposeA
      ? matmul({ a: b, b: dy }, { transposeA: transposeB, transposeB: true })
      : matmul({ a: dy, b }, { transposeB: !transposeB });
  const right = () => {
    // One right factor for all: its gradient is a single product over the rows of all left ones.
    const joint = !transposeA && elements(b.shape.slice(0, -2)) === 1;
    const [x, g] = joint ? [rowsOf(a), rowsOf(dy)] : [a, dy];
    return transposeB
      ? matmul({ a: g, b: x }, { transposeA: true, transposeB: transposeA })
      : matmul({ a: x, b: g }, { transposeA: !transposeA });
  };
  return { a: wanted('a') ? like(a, left()) : undefined, b: wanted('b') ? like(b, right()) : undefined };
};

function rowsOf(tensor: Tensor): Tensor {
  return reshape(tensor, [elements(tensor.shape) / channelsOf(tensor.shape), channelsOf(tensor.shape)]);
}

/** The gradient of what was broadcast. */
function like(input: Tensor, gradient: Tensor): Tensor {
  if (sameShape(input.shape, gradient.shape)) return gradient;
  if (elements(input.shape) === elements(gradient.shape)) return reshape(gradient, input.shape);
  return summedLike(input, 'matmul', 'copy', { a: gradient });
}
