import type { Activation } from '../core/activation.ts';
import type { Value } from '../core/value.ts';
import type { Parameter, ResolvedLayer } from '../model/resolve.ts';
import type { Layer } from '../model/types.ts';
import type { Features } from './features.ts';
import type { Fold } from './fold.ts';
import type { Importance } from './importance.ts';

/** A layer in its network, of a known type. */
export type Placed<L extends Layer> = ResolvedLayer & { readonly layer: L };

/** Which of the parent's features a layer's output should hold: where it is added to something, or makes the classes. */
export type Wanted = Features['sources'] | undefined;

/** What is known as the layers of two networks are gone through, in order, and the child's weights as they are made. */
export interface Handover {
  /** The child's weights that were made of the parent's, by name. */
  readonly made: ReadonlyMap<string, Value>;
  readonly importance: Importance;
  /** What taps keep, by the child's names. */
  readonly taps: Map<string, Features>;
  /** What the outputs of layers hold, by the name of the child's layer that has the weights. */
  readonly outputs: Map<string, Features['sources']>;
  /** The normalisation behind the parent's layer, which the child has not: its layer does both. */
  readonly fold: Fold | undefined;
  /** The activation of the parent's latest layer, where the child's has none. */
  lost: Activation | undefined;
  /** How much the parent's features at this place count, for a layer that only the child has. */
  readonly readers: readonly number[] | undefined;
  /** Goes through a list of each. Returns what the child's last output holds of the parent's. */
  through(parents: readonly ResolvedLayer[], children: readonly ResolvedLayer[], given: Features, wanted?: Wanted): Features;
  /** One of the parent's weights. */
  parent(layer: ResolvedLayer, role: string): Value | undefined;
  /** A weight that the child's layer has itself. */
  parameter(layer: ResolvedLayer, role: string): Parameter | undefined;
  /** As an initialiser fills it. */
  fresh(parameter: Parameter): Float32Array;
  /** Makes a weight of the child's. What is not made is fresh. */
  give(parameter: Parameter, data: Float32Array): void;
}

/** How layers of one type hand down what they do. Each tells what comes of the features that the layer is given. */
export interface Rule<L extends Layer> {
  /** How alike two layers are, above 0, to find the pairs. */
  likeness(parent: L, child: L): number;
  /** It chooses which features its output holds, and so can be asked for some [no]. */
  chooses?(layer: L): boolean;
  /** Both networks have the layer. */
  kept(handover: Handover, parent: Placed<L>, child: Placed<L>, given: Features, wanted: Wanted): Features;
  /** The child alone has it: where it can, it does nothing. */
  inserted(handover: Handover, child: Placed<L>, given: Features, wanted: Wanted): Features;
  /** The child has it no more: the linear map nearest to it goes into who reads its output. */
  removed(handover: Handover, parent: Placed<L>, given: Features): Features;
}
