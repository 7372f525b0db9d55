import { DataError } from '../../core/errors.ts';
import type { Value } from '../../core/value.ts';
import type { BatchNormLayer } from '../../model/layers/batch-norm.ts';
import { batchNorm } from '../../model/layers/batch-norm.ts';
import type { SimpleLayer } from '../../model/layers/simple.ts';
import { type Factor, factorAt, type IrNode, layerNode } from './ir.ts';
import { consumersOf, ordered } from './order.ts';

type WeightedLayer = Extract<SimpleLayer, { type: 'conv2d' | 'depthwiseConv2d' | 'conv2dTranspose' | 'dense' }>;

/**
 * The same network with what ONNX writes apart joined: a bias or a scale behind a convolution, dense layer or normalisation becomes a part
 * of its weights, an activation behind a convolution or dense layer its own. What is left of scales and offsets becomes a batch
 * normalisation that stays as it is.
 */
export function simplified(output: IrNode): IrNode {
  const order = ordered(output);
  const consumers = consumersOf(order);
  const made = new Map<IrNode, IrNode>();
  for (const node of order) {
    const inputs = node.inputs.map((input) => made.get(input) ?? input);
    const [before] = node.inputs;
    const isAlone = before !== undefined && consumers.get(before)?.length === 1;
    const plain: IrNode = { ...node, inputs };
    made.set(node, joined(plain, isAlone) ?? standing(plain));
  }
  return made.get(output) ?? output;
}

/** A node as a part of the one before it, which nothing else reads; undefined where it is none. */
function joined(node: IrNode, isAlone: boolean): IrNode | undefined {
  const { step } = node;
  const [before] = node.inputs;
  if (!isAlone || before?.step.kind !== 'layer') return undefined;
  const { layer, weights } = before.step;
  const [input] = before.inputs;
  if (!input) return undefined;
  if (step.kind === 'affine') {
    const key = before.key === undefined ? undefined : `${before.key} | ${node.key}`;
    if (layer.type === 'batchNorm' && layer.trainable !== false) {
      const { scale, offset, ...kept } = Object.fromEntries(weights) as Record<'scale' | 'offset' | 'mean' | 'variance', Value>;
      const weighted = { ...kept, scale: scaled(scale, step.scale), offset: shifted(scaled(offset, step.scale), step.offset) };
      return { ...before, step: { kind: 'layer', layer, weights: new Map(Object.entries(weighted)) }, key };
    }
    if (!isWeighted(layer) || layer.activation !== undefined) return undefined;
    return withAffine(before, layer, weights, step.scale, step.offset, key);
  }
  if (step.kind === 'layer' && step.layer.type === 'activation' && isWeighted(layer) && layer.activation === undefined) {
    const { activation } = step.layer;
    // A softmax at the end stays a layer of its own, which a trainer's loss takes the place of.
    if (activation === 'softmax') return undefined;
    return { ...before, step: { kind: 'layer', layer: { ...layer, activation } as SimpleLayer, weights } };
  }
  return undefined;
}

function isWeighted(layer: SimpleLayer): layer is WeightedLayer {
  return (
    ['conv2d', 'depthwiseConv2d', 'conv2dTranspose', 'dense'].includes(layer.type) && (layer as WeightedLayer).trainable !== false
  );
}

function withAffine(
  before: IrNode,
  layer: WeightedLayer,
  weights: ReadonlyMap<string, Value>,
  scale: Factor,
  offset: Factor,
  key: string | undefined,
): IrNode | undefined {
  const role = layer.type === 'dense' ? 'weights' : 'filter';
  const kernel = weights.get(role);
  if (!kernel) return undefined;
  const outputs = before.shape.at(-1) ?? 1;
  const bias = weights.get('bias') ?? { shape: [outputs], data: new Float32Array(outputs) };
  const turned = layer.type === 'conv2dTranspose' ? scaledTransposed(kernel, scale, layer.groups) : scaled(kernel, scale);
  const isBiased = layer.bias || offset !== 0;
  const joinedWeights = new Map([[role, turned]]);
  if (isBiased) joinedWeights.set('bias', shifted(scaled(bias, scale), offset));
  return { ...before, step: { kind: 'layer', layer: { ...layer, bias: isBiased } as SimpleLayer, weights: joinedWeights }, key };
}

/** Each element by the factor of its last axis. */
function scaled(value: Value, factor: Factor): Value {
  const channels = value.shape.at(-1) ?? 1;
  return factor === 1 ? value : { shape: value.shape, data: value.data.map((x, i) => x * factorAt(factor, i % channels)) };
}

/** The filter [KH,KW,OUT/groups,IN] of a transposed convolution, by the factors of its outputs. */
function scaledTransposed({ shape, data }: Value, factor: Factor, groups: number): Value {
  const [, , perGroup = 1, inputs = 1] = shape;
  const group = (input: number) => Math.floor((input * groups) / inputs);
  return {
    shape,
    data: data.map((x, i) => x * factorAt(factor, group(i % inputs) * perGroup + (Math.floor(i / inputs) % perGroup))),
  };
}

function shifted(value: Value, offset: Factor): Value {
  return offset === 0 ? value : { shape: value.shape, data: value.data.map((x, i) => x + factorAt(offset, i)) };
}

/** A node that stays one, as a layer. */
function standing(node: IrNode): IrNode {
  const { step, where } = node;
  const [input] = node.inputs;
  if (step.kind === 'erf')
    throw new DataError(`${where}: the error function has no layer; needed is the whole of gelu, x * (1 + Erf(x / sqrt(2))) / 2`);
  if (step.kind !== 'affine' || !input) return node;
  const channels = input.shape.at(-1) ?? 1;
  const constant = (of: (channel: number) => number): Value => ({
    shape: [channels],
    data: Float32Array.from({ length: channels }, (_, channel) => of(channel)),
  });
  // A variance that with epsilon is 1.
  const layer = batchNorm({ trainable: false });
  const variance = 1 - (layer as BatchNormLayer).epsilon;
  return layerNode(
    where,
    input,
    () => layer,
    new Map([
      ['scale', constant((channel) => factorAt(step.scale, channel))],
      ['offset', constant((channel) => factorAt(step.offset, channel))],
      ['mean', constant(() => 0)],
      ['variance', constant(() => variance)],
    ]),
  );
}
