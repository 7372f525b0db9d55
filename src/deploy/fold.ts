import { parameterAttributes } from '../graph/sources.ts';
import { channelsOf, first, type Node, required, type Tensor } from '../graph/tensor.ts';
import type { Weights } from '../model/weights.ts';
import { type BatchNormAttributes, batchNormOperation } from '../ops/batch-norm.ts';
import { convolution } from '../ops/conv2d.ts';
import { transposedConvolution } from '../ops/conv2d-transpose.ts';
import { denseOperation } from '../ops/dense.ts';
import { isPlain, type WithEpilogue } from '../ops/epilogue.ts';

/** The input that holds the weights of an operation which can take in what multiplies its output channels. */
export function weightsOf({ operation, inputs }: Node): Tensor | undefined {
  if (operation === convolution || operation === transposedConvolution) return inputs.filter;
  return operation === denseOperation ? inputs.weights : undefined;
}

/**
 * The batch normalisations behind each convolution or dense layer that its weights can take in: nothing lies between, nobody else reads
 * what they normalise, and whoever has the same weights has the same normalisations.
 */
export function foldableNorms(
  order: readonly Node[],
  readers: (tensor: Tensor) => readonly (Node | 'output')[],
): ReadonlyMap<Node, readonly Node[]> {
  const chains = new Map<Tensor, { readonly node: Node; readonly norms: readonly Node[] }[]>();
  for (const node of order) {
    const weights = weightsOf(node);
    if (weights) chains.set(weights, [...(chains.get(weights) ?? []), { node, norms: normsBehind(node, readers) }]);
  }
  const alike = [...chains.values()].filter((users) => new Set(users.map(({ norms }) => keyOf(norms))).size === 1);
  return new Map(alike.flat().map(({ node, norms }) => [node, norms]));
}

function normsBehind(node: Node, readers: (tensor: Tensor) => readonly (Node | 'output')[]): Node[] {
  const norms: Node[] = [];
  for (let last = node; isPlain((last.attributes as WithEpilogue).epilogue); ) {
    const y = first(last);
    const [reader, ...others] = readers(y);
    if (!reader || reader === 'output' || others.length > 0 || !isGivenNorm(reader) || required(reader, 'x') !== y) break;
    norms.push(reader);
    last = reader;
  }
  return norms;
}

/** Whether a node is a batch normalisation by statistics that it is given. */
export function isGivenNorm({ operation, inputs }: Node): boolean {
  return operation === batchNormOperation && inputs.mean !== undefined;
}

const VECTORS = ['scale', 'offset', 'mean', 'variance'] as const;

/** Equal for normalisations that do the same. */
export function keyOf(norms: readonly Node[]): string {
  return JSON.stringify(
    norms.map((norm) => [
      (norm.attributes as BatchNormAttributes).epsilon,
      ...VECTORS.map((name) => parameterAttributes(required(norm, name)).name),
    ]),
  );
}

/** A factor and a summand for each channel, in float64. */
export interface Affine {
  readonly scale: Float64Array;
  readonly offset: Float64Array;
}

/** What normalisations, one behind the other, do to each channel. */
export function affineOf(norms: readonly Node[], weights: Weights): Affine {
  const channels = norms[0] ? channelsOf(first(norms[0]).shape) : 0;
  const scale = new Float64Array(channels).fill(1);
  const offset = new Float64Array(channels);
  for (const norm of norms) {
    const { epsilon } = norm.attributes as BatchNormAttributes;
    const of = (name: (typeof VECTORS)[number]) => weights.get(parameterAttributes(required(norm, name)).name)?.data;
    const [scales, offsets, means, variances] = VECTORS.map(of);
    for (let c = 0; c < channels; c++) {
      const factor = (scales?.[c] ?? Number.NaN) / Math.sqrt((variances?.[c] ?? Number.NaN) + epsilon);
      scale[c] = (scale[c] ?? Number.NaN) * factor;
      offset[c] = ((offset[c] ?? Number.NaN) - (means?.[c] ?? Number.NaN)) * factor + (offsets?.[c] ?? Number.NaN);
    }
  }
  return { scale, offset };
}

/** Weights times the factor of the output channel that each reaches. */
export function foldedWeights(node: Node, data: Float32Array, { scale }: Affine): Float32Array {
  const shape = weightsOf(node)?.shape ?? [];
  const last = channelsOf(shape);
  if (node.operation !== transposedConvolution) return data.map((value, i) => value * (scale[i % last] ?? Number.NaN));
  // A filter [KH,KW,OUT/groups,IN], in which the input channel tells the group.
  const { groups } = node.attributes as unknown as { readonly groups: number };
  const outputs = shape[2] ?? 1;
  return data.map((value, i) => {
    const group = Math.floor((i % last) / (last / groups));
    return value * (scale[group * outputs + (Math.floor(i / last) % outputs)] ?? Number.NaN);
  });
}

export function foldedBias(bias: Float32Array | undefined, { scale, offset }: Affine): Float32Array {
  return Float32Array.from(offset, (summand, c) => (bias?.[c] ?? 0) * (scale[c] ?? Number.NaN) + summand);
}
