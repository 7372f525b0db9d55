import { DataError } from '../../core/errors.ts';
import type { Shape, Value } from '../../core/value.ts';
import { simpleDefinition } from '../../model/layers/registry.ts';
import type { SimpleLayer } from '../../model/layers/simple.ts';
import { Taps } from '../../model/taps.ts';

/** One number for all channels, or one a channel. */
export type Factor = number | Float64Array;

/** What a node of the network computes, in our layouts. */
export type Step =
  | { readonly kind: 'input' }
  | { readonly kind: 'layer'; readonly layer: SimpleLayer; readonly weights: ReadonlyMap<string, Value> }
  /** x * scale + offset, a channel. */
  | { readonly kind: 'affine'; readonly scale: Factor; readonly offset: Factor }
  /** The error function, which is a part of gelu. */
  | { readonly kind: 'erf' }
  /** The same shapes, but for 'gate': x and a factor a channel. 'concat': on the last axis. */
  | { readonly kind: 'add' | 'multiply' | 'gate' | 'concat' };

/** A node of the network that an ONNX graph becomes. */
export interface IrNode {
  readonly step: Step;
  readonly inputs: readonly IrNode[];
  /** Of one sample, in our layout. */
  readonly shape: Shape;
  /** What errors about it begin with. */
  readonly where: string;
  /** The names of the file's tensors that its weights are made of: nodes of the same are nodes that share their weights. */
  readonly key?: string;
}

/** A layer applied to a node. Throws a DataError where it does not fit. */
export function layerNode(
  where: string,
  input: IrNode,
  make: () => SimpleLayer,
  weights: ReadonlyMap<string, Value> = new Map(),
  key?: string,
): IrNode {
  try {
    const layer = make();
    const shape = simpleDefinition(layer.type).outputShape(layer.type, layer, input.shape, new Taps());
    return { step: { kind: 'layer', layer, weights }, inputs: [input], shape, where, ...(key !== undefined && { key }) };
  } catch (cause) {
    if (cause instanceof DataError) throw cause;
    throw new DataError(`${where}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

/** x * scale + offset; of an affine node the two are one. */
export function affineNode(where: string, input: IrNode, scale: Factor, offset: Factor, key = ''): IrNode {
  const { step } = input;
  if (step.kind === 'affine' && input.inputs[0])
    return affineNode(
      where,
      input.inputs[0],
      combined(step.scale, scale, (a, b) => a * b),
      combined(
        combined(step.offset, scale, (a, b) => a * b),
        offset,
        (a, b) => a + b,
      ),
      `${input.key} ${key}`,
    );
  return { step: { kind: 'affine', scale, offset }, inputs: [input], shape: input.shape, where, key };
}

/** Two factors, channel by channel. */
export function combined(a: Factor, b: Factor, of: (a: number, b: number) => number): Factor {
  if (typeof a === 'number' && typeof b === 'number') return of(a, b);
  const length = typeof a === 'number' ? (b as Float64Array).length : a.length;
  return Float64Array.from({ length }, (_, channel) => of(factorAt(a, channel), factorAt(b, channel)));
}

export function factorAt(factor: Factor, channel: number): number {
  return typeof factor === 'number' ? factor : (factor[channel] ?? Number.NaN);
}
