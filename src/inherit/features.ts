import type { Shape } from '../core/value.ts';

/** A share of one feature of the parent's tensor. */
export interface Source {
  /** Its index on the last axis. */
  readonly from: number;
  readonly share: number;
}

/**
 * What a tensor of the child holds of the parent's tensor at the same place: each feature of the parent, an element of the last axis,
 * is the sum over the child's features of value x share, as nearly as the child can hold it. Who read the parent's feature reads
 * these.
 */
export interface Features {
  /** Shapes of one sample. */
  readonly parent: Shape;
  readonly child: Shape;
  /** One list for each feature of the child; an empty one for a feature that the parent has none of. */
  readonly sources: readonly (readonly Source[])[];
  /** One for each feature of the parent: what it has beyond that sum, of a bias that the child has no place for yet [0]. */
  readonly constant?: readonly number[];
}

export const NONE: readonly Source[] = [];

export function widthOf(shape: Shape): number {
  return shape.at(-1) ?? 1;
}

/** Feature for feature, as far as both go. */
export function byIndex(parent: Shape, child: Shape): Features {
  const sources = Array.from({ length: widthOf(child) }, (_, index) => (index < widthOf(parent) ? copy(index) : NONE));
  return { parent, child, sources };
}

export function copy(from: number): readonly Source[] {
  return [{ from, share: 1 }];
}

/** A tensor that holds nothing of the parent's. */
export function nothing(parent: Shape, child: Shape): Features {
  return { parent, child, sources: Array.from({ length: widthOf(child) }, () => NONE) };
}

export function holdsSomething({ sources }: Features): boolean {
  return sources.some((list) => list.length > 0);
}

/** Whether the child has the parent's features, one for one. */
export function isIdentity({ parent, child, sources }: Features): boolean {
  return (
    widthOf(parent) === widthOf(child) &&
    sources.every(([first, second], index) => first?.from === index && first.share === 1 && second === undefined)
  );
}

/** The feature of the parent that a feature of the child is most of. */
export function mainSource(list: readonly Source[]): number | undefined {
  let best: Source | undefined;
  for (const source of list) if (!best || Math.abs(source.share) > Math.abs(best.share)) best = source;
  return best?.from;
}

/** Features that go on in tensors of these shapes, whose last axes are as before. */
export function reshaped(features: Features, shapes: { readonly parent?: Shape; readonly child?: Shape }): Features {
  return { ...features, ...shapes };
}

/** Each source replaced by others, times its share. Sources of the same feature are added up; constants are the caller's. */
export function through({ child, sources }: Features, parent: Shape, next: (from: number) => readonly Source[]): Features {
  const known = new Map<number, readonly Source[]>();
  const mapped = (from: number) => {
    const found = known.get(from) ?? next(from);
    known.set(from, found);
    return found;
  };
  return {
    parent,
    child,
    sources: sources.map((list) => {
      const sums = new Map<number, number>();
      for (const { from, share } of list)
        for (const after of mapped(from)) sums.set(after.from, (sums.get(after.from) ?? 0) + share * after.share);
      return [...sums].map(([from, share]) => ({ from, share }));
    }),
  };
}

/** Tensors side by side on the last axis. */
export function concatenated(parts: readonly Features[], parent: Shape, child: Shape): Features {
  let offset = 0;
  const sources = parts.flatMap((part) => {
    const begins = offset;
    offset += widthOf(part.parent);
    return part.sources.map((list) => list.map(({ from, share }) => ({ from: begins + from, share })));
  });
  const some = parts.some(({ constant }) => constant);
  const constant = parts.flatMap((part) => part.constant ?? Array.from({ length: widthOf(part.parent) }, () => 0));
  return { parent, child, sources, ...(some && { constant }) };
}

/** Both images as vectors; where their sizes differ, each pixel of one stands for those of the other that it covers. */
export function flattened({ parent, child, sources, constant }: Features): Features {
  const [rows, columns] = [overlaps(parent[0] ?? 1, child[0] ?? 1), overlaps(parent[1] ?? 1, child[1] ?? 1)];
  const [width, channels] = [parent[1] ?? 1, widthOf(parent)];
  return {
    parent: [product(parent)],
    child: [product(child)],
    ...everywhere(constant, product(parent)),
    sources: rows.flatMap((row) =>
      columns.flatMap((column) =>
        sources.map((list) =>
          row.flatMap((down) =>
            column.flatMap((right) =>
              list.map(({ from, share }) => ({
                from: (down.from * width + right.from) * channels + from,
                share: share * down.share * right.share,
              })),
            ),
          ),
        ),
      ),
    ),
  };
}

/** The parent's image as a vector, whose every pixel the child's one stands for. */
export function flattenedParent(features: Features): Features {
  const { parent } = features;
  const channels = widthOf(parent);
  const pixels = product(parent) / channels;
  return {
    ...through(features, [product(parent)], (from) =>
      Array.from({ length: pixels }, (_, pixel) => ({ from: pixel * channels + from, share: 1 })),
    ),
    ...everywhere(features.constant, product(parent)),
  };
}

/** The child's image as a vector, whose mean over the pixels is what the parent has. */
export function flattenedChild({ parent, child, sources, constant }: Features): Features {
  const pixels = product(child) / widthOf(child);
  const averaged = sources.map((list) => list.map(({ from, share }) => ({ from, share: share / pixels })));
  return {
    parent,
    child: [product(child)],
    sources: Array.from({ length: pixels }, () => averaged).flat(),
    ...(constant && { constant }),
  };
}

/** The same for every pixel. */
function everywhere(constant: Features['constant'], length: number): Pick<Features, 'constant'> {
  return constant ? { constant: Array.from({ length }, (_, index) => constant[index % constant.length] ?? 0) } : {};
}

/** For each of `to` pixels along an axis the `from` pixels that it covers, each with the share of that one that lies in it. */
function overlaps(from: number, to: number): (readonly Source[])[] {
  return Array.from({ length: to }, (_, at) => {
    const found: Source[] = [];
    for (let other = Math.floor((at * from) / to); other * to < (at + 1) * from && other < from; other++) {
      const overlap = Math.min((at + 1) * from, (other + 1) * to) - Math.max(at * from, other * to);
      if (overlap > 0) found.push({ from: other, share: overlap / to });
    }
    return found;
  });
}

function product(shape: Shape): number {
  return shape.reduce((all, size) => all * size, 1);
}
