import { ShapeError } from '../core/errors.ts';
import { elements, formatShape, type Shape } from '../core/value.ts';
import { broadcastIndex, broadcastShapes } from './broadcast.ts';
import type { Attributes, Reference, Tensor64, Tensors64 } from './reference.ts';
import { addAt, at, given, zeros } from './tensor.ts';

/** y[..., m, n] = sum over k of a[..., m, k] b[..., k, n], leading axes broadcast; attributes `transposeA`, `transposeB`. Each product adds dy b to da and dy a to db. */
export const matmul: Reference = {
  forward(inputs, attributes) {
    const { a, b, outputShape, forEachProduct } = productsOf(inputs, attributes);
    const y = zeros(outputShape);
    forEachProduct((left, right, to) => {
      addAt(y.data, to, at(a.data, left) * at(b.data, right));
    });
    return y;
  },
  gradient(inputs, outputGradient, attributes) {
    const { a, b, forEachProduct } = productsOf(inputs, attributes);
    const [da, db] = [zeros(a.shape), zeros(b.shape)];
    forEachProduct((left, right, to) => {
      addAt(da.data, left, at(outputGradient.data, to) * at(b.data, right));
      addAt(db.data, right, at(outputGradient.data, to) * at(a.data, left));
    });
    return { a: da, b: db };
  },
};

interface Products {
  readonly a: Tensor64;
  readonly b: Tensor64;
  readonly outputShape: Shape;
  /** Visits each product by the flat indices of its factors and of its sum. */
  forEachProduct(visit: (left: number, right: number, to: number) => void): void;
}

function productsOf(inputs: Tensors64, { transposeA, transposeB }: Attributes): Products {
  const [a, b] = [given('matmul', inputs, 'a'), given('matmul', inputs, 'b')];
  const sizes = ({ shape }: Tensor64, transposed: unknown) => {
    const [rows = 1, columns = 1] = shape.slice(-2);
    return transposed ? [columns, rows] : [rows, columns];
  };
  const [m = 1, k = 1] = sizes(a, transposeA);
  const [inner, n = 1] = sizes(b, transposeB);
  if (inner !== k) throw new ShapeError(`matmul: ${formatShape(a.shape)} and ${formatShape(b.shape)} do not go together`);
  const leading = broadcastShapes('matmul', a.shape.slice(0, -2), b.shape.slice(0, -2));
  return {
    a,
    b,
    outputShape: [...leading, m, n],
    forEachProduct(visit) {
      for (let batch = 0; batch < elements(leading); batch++) {
        const left = broadcastIndex(a.shape.slice(0, -2), leading, batch) * m * k;
        const right = broadcastIndex(b.shape.slice(0, -2), leading, batch) * k * n;
        for (let row = 0; row < m; row++)
          for (let column = 0; column < n; column++)
            for (let i = 0; i < k; i++)
              visit(
                left + (transposeA ? i * m + row : row * k + i),
                right + (transposeB ? column * k + i : i * n + column),
                (batch * m + row) * n + column,
              );
      }
    },
  };
}
