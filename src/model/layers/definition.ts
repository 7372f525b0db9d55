import type { Shape } from '../../core/value.ts';
import type { Tensor } from '../../graph/tensor.ts';
import type { Fields } from '../fields.ts';
import type { Init } from '../initialisers.ts';
import type { Held, MemoryWalk } from '../memory-walk.ts';
import type { Taps } from '../taps.ts';

/** What every layer has. */
export interface NamedLayer {
  readonly type: string;
  /** Without one, the layer is numbered by its type: `conv2d_1`. */
  readonly name?: string;
}

/** A tensor that a layer has; its name is `<layer>/<role>`. */
export interface Weight {
  /** `filter`, `weights`, `bias`, `scale`, `offset`, `mean`, `variance`, `slope`. */
  readonly role: string;
  readonly shape: Shape;
  readonly init: Init;
  /** How many inputs each output element sums over, and how many outputs each input element reaches. */
  readonly fanIn: number;
  readonly fanOut: number;
  readonly weightDecay: number;
  /** Kept up to date beside the training instead of being trained, as running averages are [false]. */
  readonly statistic?: boolean;
}

/** What a layer sees while a model becomes a graph. */
export interface LayerLowering {
  /** Training draws dropout and moves the running statistics of layers that are trained. */
  readonly mode: 'training' | 'inference';
  /** What errors begin with. */
  readonly where: string;
  readonly taps: Taps<Tensor>;
  /** One of the layer's weights, by role. */
  weight(role: string): Tensor;
  /** The next dropout's random key. */
  dropoutKey(): number;
}

/** What every layer type says of itself. `L`: its layers as data, every option present. */
interface Definition<L extends NamedLayer> {
  readonly type: L['type'];
  /** Its fields besides `type` and `name`. */
  readonly fields: readonly Exclude<keyof L, keyof NamedLayer>[];
}

/**
 * A layer type that holds no other layers, everything that models know of it. Shapes are of one sample, without the batch axis;
 * `where` is what errors begin with.
 */
export interface SimpleDefinition<L extends NamedLayer> extends Definition<L> {
  /** Checks the fields, from code or from JSON, and fills in the defaults. Throws an OptionError. */
  complete(where: string, fields: Fields): Omit<L, keyof NamedLayer>;
  /** Throws a ShapeError where the layer does not fit its input. */
  outputShape(where: string, layer: L, input: Shape, taps: Taps<Shape>): Shape;
  /** In the order in which kernels take them [none]. */
  weights?(layer: L, input: Shape, output: Shape): readonly Weight[];
  /**
   * Whether its output counts among the activations, as the studies count them [false]: that of what makes other elements of its input, or
   * another number of them (convolution, pooling, upsampling, dense), not of what changes, moves or drops each by itself.
   */
  readonly carriesData?: boolean;
  /** Multiply-accumulates for one sample [0]. */
  macs?(layer: L, input: Shape, output: Shape): number;
  /**
   * Where its output lies at inference: in new memory, in that of its input, changed in place unless somebody else needs it, or the
   * input itself under another shape; for others what is read and made ['new'].
   */
  readonly memory?: 'new' | 'inPlace' | 'view' | ((layer: L, x: Held, walk: MemoryWalk, taps: Taps<Held>) => Held);
  /** The layer's part of the graph, for a batch x [N, ...input]. */
  lower(layer: L, x: Tensor, lowering: LayerLowering): Tensor;
}

/** A list of layers inside a layer. `Layer` is the union of all layer types, which this file does not know. */
export interface InnerList<Layer> {
  /** Its path in the layer: `paths[0]`. */
  readonly field: string;
  /** What the names inside begin with, after the layer's own: `0/`. */
  readonly scope: string;
  readonly layers: readonly Layer[];
}

/** A layer type that holds lists of other layers. */
export interface ContainerDefinition<L extends NamedLayer, Layer> extends Definition<L> {
  /** As a simple layer's; `completeList` does the same for a list inside. */
  complete(
    where: string,
    fields: Fields,
    completeList: (field: string, scope: string, layers: unknown) => Layer[],
  ): Omit<L, keyof NamedLayer>;
  /** The lists, in the order in which they run. */
  inner(layer: L): readonly InnerList<Layer>[];
  /** The same layer around other lists, as many. */
  withInner(layer: L, lists: readonly (readonly Layer[])[]): L;
  /** How often its layers run, one time after the other [1]. */
  times?(layer: L): number;
  /** Its layers see none of the taps around it [false]. */
  readonly closed?: boolean;
  /** From the output shapes of the lists, each of which has the layer's input. Throws a ShapeError where they don't fit together. */
  outputShape(where: string, layer: L, input: Shape, outputs: readonly Shape[]): Shape;
  /** `runInner` follows the memory of a list inside. */
  memory(layer: L, x: Held, walk: MemoryWalk, runInner: (list: number, x: Held) => Held): Held;
  /** `lowerInner` applies a list inside. */
  lower(layer: L, x: Tensor, lowerInner: (list: number, x: Tensor) => Tensor): Tensor;
}
