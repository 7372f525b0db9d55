import { type Numbers, permuted } from '../../core/permuted.ts';
import { elements, type Shape } from '../../core/value.ts';
import type { OnnxWriter } from './writer.ts';

/** The order of a value's elements: as the engine has them, or channel by channel, as ONNX's operators for images want them. */
export type Layout = 'last' | 'first';

/** A way to have a value in one layout: elements that need no more than other sizes. */
interface Way {
  /** Elements that are moved for it. */
  cost(): number;
  /** A value of ONNX with those elements in that order, of whatever sizes. */
  make(): string;
}

/**
 * A value of the network, which lies in one layout or both in the graph that is written. A layout that it does not have is made by a
 * transposition when somebody asks for it, once; what is only seen under other sizes is reshaped once.
 */
export class Value {
  private readonly names = new Map<Layout, string>();
  private readonly orders = new Map<Layout, string>();

  constructor(
    private readonly writer: OnnxWriter,
    readonly name: string,
    /** Of one sample: an image [height, width, channels] or a vector. */
    readonly shape: Shape,
    /** The image whose elements these are: of a vector, the one that was flattened to it. */
    readonly image: Shape | undefined,
    private readonly ways: ReadonlyMap<Layout, Way>,
  ) {}

  /** What a node made in a layout. */
  static made(
    writer: OnnxWriter,
    made: string,
    layout: Layout,
    { name, shape, image }: Pick<Value, 'name' | 'shape' | 'image'>,
  ): Value {
    return new Value(writer, name, shape, image, new Map([[layout, { cost: () => 0, make: () => made }]]));
  }

  /** The elements of a value, in the engine's order, under another shape. */
  static reshaped(writer: OnnxWriter, x: Value, { name, shape }: Pick<Value, 'name' | 'shape'>): Value {
    const way = (layout: Layout): Way => ({ cost: () => x.cost(layout), make: () => x.elementsIn(layout) });
    const isVector = shape.length === 1;
    // Only from one image, whole or flattened, to the same do the channels stay what they are.
    const image = isVector ? x.image : shape;
    const keeps = x.image !== undefined && image !== undefined && x.image.every((size, axis) => size === image[axis]);
    const ways = new Map([['last', way('last')], ...(keeps ? [['first', way('first')] as const] : [])] as [Layout, Way][]);
    return new Value(writer, name, shape, image, ways);
  }

  /** What `make` makes of x, element by element, in the layout that is asked for. */
  static derived(writer: OnnxWriter, x: Value, name: string, make: (layout: Layout) => string): Value {
    const way = (layout: Layout): [Layout, Way] => [layout, { cost: () => x.cost(layout), make: () => make(layout) }];
    return new Value(writer, name, x.shape, x.image, new Map([way('last'), ...(x.image ? [way('first')] : [])]));
  }

  /** How many elements must be moved to have the value in a layout; Infinity for what has no channels that could come first. */
  cost(layout: Layout): number {
    const way = this.wayTo(layout);
    if (way) return way.cost();
    if (!this.image) return Number.POSITIVE_INFINITY;
    return elements(this.shape) + this.cost(other(layout));
  }

  /** The value in a layout: images [N,C,H,W] or [N,H,W,C], vectors [N,size]. */
  in(layout: Layout): string {
    const found = this.names.get(layout);
    if (found !== undefined) return found;
    const { name } = this;
    const made = this.writer.reshape(this.elementsIn(layout), { name, dims: dimsOf(this.shape, layout) });
    this.names.set(layout, made);
    return made;
  }

  /** The elements in the order of a layout, of whatever sizes. */
  private elementsIn(layout: Layout): string {
    const found = this.names.get(layout) ?? this.orders.get(layout);
    if (found !== undefined) return found;
    const made = this.wayTo(layout)?.make() ?? this.transposed(layout);
    this.orders.set(layout, made);
    return made;
  }

  /** Both orders are one where there is one channel or one pixel. */
  private wayTo(layout: Layout): Way | undefined {
    const own = this.ways.get(layout);
    if (own || !this.image) return own;
    const [height = 1, width = 1, channels = 1] = this.image;
    return channels === 1 || height * width === 1 ? this.ways.get(other(layout)) : undefined;
  }

  private transposed(layout: Layout): string {
    const { name, image = [], writer } = this;
    const from = other(layout);
    const whole = writer.reshape(this.elementsIn(from), { name, dims: dimsOf(image, from) });
    return writer.transpose(whole, layout === 'first' ? [2, 0, 1] : [1, 2, 0], { name, dims: dimsOf(image, layout) });
  }
}

/** The sizes of an image or a vector in a layout, without the batch axis. */
export function dimsOf(shape: Shape, layout: Layout): Shape {
  const [height = 1, width = 1, channels = 1] = shape;
  return layout === 'first' && shape.length === 3 ? [channels, height, width] : shape;
}

function other(layout: Layout): Layout {
  return layout === 'first' ? 'last' : 'first';
}

/** The rows of a matrix [size, width], numbered as the elements of a flattened image are, channel by channel instead. */
export function channelsFirst<Data extends Numbers>(data: Data, [height = 1, width = 1, channels = 1]: Shape): Data {
  return permuted(data, [height, width, channels, data.length / (height * width * channels)], [2, 0, 1, 3]);
}
