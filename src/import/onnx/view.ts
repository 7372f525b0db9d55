import { elements, formatShape, type Shape, sameShape } from '../../core/value.ts';

/** A factor of an axis: at least 2, told from others of its size by identity. Axes of size 1 have none. */
export interface Atom {
  readonly size: number;
}

/**
 * How an ONNX tensor is seen in one of ours: both are made of the same atoms. `axes` are those of the ONNX tensor behind the batch axis,
 * [C, H, W] after a convolution; `dims` those of our value, [h, w, c] or [n]. So a transposition or a reshaping in the file moves
 * nothing: it is another way to see the same value, and what follows takes its weights in the order that our value has.
 */
export interface View {
  readonly axes: readonly (readonly Atom[])[];
  readonly dims: readonly (readonly Atom[])[];
}

/** Throws for a view that can be none of a value of this shape. */
export function checkView({ axes, dims }: View, shape: Shape): void {
  const sizes = dims.map(sizeOf);
  if (!sameAtomSet(axes.flat(), dims.flat()) || !sameShape(sizes, shape))
    throw new Error(`A view of [${axes.map(sizeOf).join(', ')}] as [${sizes.join(', ')}] of a value ${formatShape(shape)}`);
}

/** The sizes of the ONNX axes, without the batch. */
export function axisSizes(view: View): number[] {
  return view.axes.map(sizeOf);
}

export function sizeOf(atoms: readonly Atom[]): number {
  return elements(atoms.map(({ size }) => size));
}

/** The atoms of a new axis of this size. */
export function atomsOf(size: number): Atom[] {
  return size === 1 ? [] : [{ size }];
}

/** A new image of ours, [h, w, c], seen as ONNX's [C, H, W]. */
export function imageView([h = 1, w = 1, c = 1]: Shape): View {
  const dims = [h, w, c].map(atomsOf);
  const [height = [], width = [], channels = []] = dims;
  return { axes: [channels, height, width], dims };
}

/** A new vector of ours, [n], seen as ONNX's [N] behind the batch. */
export function vectorView(size: number): View {
  const dims = [atomsOf(size)];
  return { axes: dims, dims };
}

/** The same atoms in the same order. */
export function sameAtoms(a: readonly Atom[], b: readonly Atom[]): boolean {
  return a.length === b.length && a.every((atom, index) => atom === b[index]);
}

/** The same atoms in any order. */
export function sameAtomSet(a: readonly Atom[], b: readonly Atom[]): boolean {
  return a.length === b.length && a.every((atom) => b.includes(atom));
}

/** The view with its ONNX axes in another order; `order` counts without the batch. */
export function permuted(view: View, order: readonly number[]): View {
  return { ...view, axes: order.map((axis) => view.axes[axis] ?? []) };
}

/** The view with its ONNX axes of other sizes, of as many elements; undefined where an axis would end within a prime factor. */
export function reshaped(view: View, sizes: Shape): View | undefined {
  let { dims } = view;
  const left = view.axes.flat();
  const axes: Atom[][] = [];
  for (const size of sizes) {
    const axis: Atom[] = [];
    let wanted = size;
    while (wanted > 1) {
      const atom = left.shift();
      if (!atom) return undefined;
      if (wanted % atom.size === 0) {
        axis.push(atom);
        wanted /= atom.size;
        continue;
      }
      if (atom.size % wanted !== 0) return undefined;
      const [outer, inner] = [{ size: wanted }, { size: atom.size / wanted }];
      dims = dims.map((dim) => dim.flatMap((other) => (other === atom ? [outer, inner] : [other])));
      axis.push(outer);
      left.unshift(inner);
      wanted = 1;
    }
    axes.push(axis);
  }
  return left.length === 0 ? { axes, dims } : undefined;
}

/**
 * For each element of our atoms, in row-major order, its position in a row-major array of the ONNX atoms: the same ones in another order.
 */
export function positions(ours: readonly Atom[], onnx: readonly Atom[]): Int32Array {
  const strides = new Map<Atom, number>();
  let stride = 1;
  for (const atom of [...onnx].reverse()) {
    strides.set(atom, stride);
    stride *= atom.size;
  }
  let found = Int32Array.of(0);
  for (const atom of ours) {
    const step = strides.get(atom);
    if (step === undefined) throw new Error('An atom of ours that is none of the ONNX axes');
    const next = new Int32Array(found.length * atom.size);
    found.forEach((position, index) => {
      for (let i = 0; i < atom.size; i++) next[index * atom.size + i] = position + i * step;
    });
    found = next;
  }
  return found;
}

/**
 * The view as text, the same for two tensors whose elements lie alike: for each of our dims the positions in the ONNX axes that it is made
 * of, neighbours joined.
 */
export function layoutOf({ axes, dims }: View): string {
  const position = new Map<Atom, { readonly axis: number; readonly inner: number }>();
  axes.forEach((axis, number) => {
    let inner = 1;
    for (const atom of [...axis].reverse()) {
      position.set(atom, { axis: number, inner });
      inner *= atom.size;
    }
  });
  const written = dims.map((dim) => {
    const runs: { axis: number; inner: number; size: number }[] = [];
    for (const atom of dim) {
      const found = position.get(atom);
      if (!found) throw new Error('An atom of ours that is none of the ONNX axes');
      const { axis, inner } = found;
      const last = runs.at(-1);
      if (last && last.axis === axis && last.inner === inner * atom.size) {
        last.inner = inner;
        last.size *= atom.size;
      } else runs.push({ axis, inner, ...atom });
    }
    return runs.map(({ axis, inner, size }) => `${axis}:${size}/${inner}`).join(' ');
  });
  return `${axes.map(sizeOf).join('x')} as ${written.join(', ')}`;
}
