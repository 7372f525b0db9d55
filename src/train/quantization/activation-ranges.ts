import { elements, type Shape, type Value } from '../../core/value.ts';
import { tracedGraph } from '../../deploy/graph.ts';
import type { ExportOperation, ExportTensor } from '../../deploy/operations.ts';
import { rewritten } from '../../graph/rewrite.ts';
import { input, parameterAttributes, parameterNode } from '../../graph/sources.ts';
import { first, type Node, required, type Tensor, topological } from '../../graph/tensor.ts';
import { Network } from '../../model/network.ts';
import { parametersOf } from '../../model/resolve.ts';
import type { Model } from '../../model/types.ts';
import type { Weights } from '../../model/weights.ts';
import { type ElementwiseAttributes, elementwise } from '../../ops/elementwise.ts';
import { fakeQuantizeActivations } from '../../ops/fake-quantize-activations.ts';
import { type PoolingAttributes, poolOperation } from '../../ops/pool.ts';
import { withActivationsApart } from '../../quantize/activations-apart.ts';
import { type ActivationGroup, activationGroups } from '../../quantize/groups.ts';

/** The range of values that share a scale: a parameter [least, most] that steps move; the least is above the most until the first. */
export interface ActivationRange {
  readonly range: Tensor;
  /** Of the values, in the network as it leaves. */
  readonly names: readonly string[];
}

/** The share of a range that a step keeps. */
const MOMENTUM = 0.99;

/** What gives values that are on the grid because its inputs are. */
const MOVING: ReadonlySet<ExportOperation['type']> = /* @__PURE__ */ new Set<ExportOperation['type']>([
  'maxPool2d',
  'concat',
  'reshape',
  'upsample2d',
  'channelShuffle',
]);

/**
 * The output of a network in training, each value on the grid of its range that TensorFlow Lite keeps as an integer, and the ranges.
 * `used` is what a layer takes for one of the network's parameters.
 */
export function withActivationRanges(
  network: Network,
  x: Tensor,
  used: (parameter: Tensor) => Tensor,
): { readonly output: Tensor; readonly ranges: readonly ActivationRange[] } {
  const { model } = network;
  const apart = new Network(withActivationsApart(model), [0]);
  const own = (parameter: Tensor) => used(network.parameters.get(parameterAttributes(parameter).name) ?? parameter);
  const output = apart.apply(x, 'training', { used: own });
  const values = valuesOf(model, apart, x, output);

  const readers = new Map<Tensor, Node[]>();
  for (const node of topological([output]))
    for (const tensor of Object.values(node.inputs)) readers.set(tensor, [...(readers.get(tensor) ?? []), node]);
  const placed = new Map<Tensor, Placed>();
  const ranges = activationGroups(tracedGraph(model, zerosOf(model)).graph).map((group) => {
    const range = rangeParameter(group);
    const places = group.tensors.flatMap(({ name }) => values.get(name) ?? []).map((tensor) => behindPool(tensor, readers));
    places.forEach((tensor, index) => {
      const moves = index === places.length - 1 && group.fixed === undefined;
      placed.set(tensor, { range, moves, before: places[index - 1] });
    });
    return { range, names: group.tensors.map(({ name }) => name) };
  });
  const extents = new Map<Tensor, Tensor>();
  const quantized = rewritten(output, (original, rebuilt) => {
    const place = placed.get(original);
    if (!place) return rebuilt;
    const { range, moves, before } = place;
    const inputs = { x: rebuilt, range, before: before && extents.get(before) };
    const { y, extent } = fakeQuantizeActivations(inputs, { moves, momentum: MOMENTUM });
    extents.set(original, extent);
    return y;
  });
  return { output: quantized, ranges };
}

/** A value that is put on the grid, and the one before it that shares its range. */
interface Placed {
  readonly range: Tensor;
  readonly moves: boolean;
  readonly before: Tensor | undefined;
}

/** The values that must be put on a grid, by the name that each has in the network as it leaves: tensors of the training graph. */
function valuesOf(model: Model, apart: Network, x: Tensor, output: Tensor): ReadonlyMap<string, Tensor> {
  const named = tracedGraph(model, zerosOf(model)).graph;
  const { graph, positionOf } = tracedGraph(apart.model, zerosOf(apart.model));
  const inferred = apart.apply(input('x', x.shape), 'inference');
  const nodes = topological([inferred]);
  const trained = pairedWith(inferred, output);
  const found = new Map<string, Tensor>([[named.input.name, x]]);
  // Both lists are of the same operations: only the layers that activations belong to differ.
  graph.operations.forEach((operation, index) => {
    const name = (named.operations[index] as { readonly output: ExportTensor } | undefined)?.output.name;
    const position = positionOf(operation.output);
    const node = position === undefined ? undefined : nodes[position];
    const tensor = node && trained.get(first(node));
    if (name !== undefined && tensor && !MOVING.has(operation.type)) found.set(name, tensor);
  });
  return found;
}

/** For each tensor of a graph for inference the same one in the graph for training, which has dropout besides. */
function pairedWith(inferred: Tensor, trained: Tensor): ReadonlyMap<Tensor, Tensor> {
  const pairs = new Map<Tensor, Tensor>();
  const stack: [Tensor, Tensor][] = [[inferred, trained]];
  for (let pair = stack.pop(); pair; pair = stack.pop()) {
    const [one, other] = [pair[0], withoutDropout(pair[1])];
    if (pairs.has(one) || one.node.operation.source) continue;
    pairs.set(one, other);
    for (const [name, tensor] of Object.entries(one.node.inputs)) {
      const counterpart = other.node.inputs[name];
      if (counterpart) stack.push([tensor, counterpart]);
    }
  }
  return pairs;
}

function withoutDropout(tensor: Tensor): Tensor {
  const { operation, attributes } = tensor.node;
  const drops = operation === elementwise && (attributes as ElementwiseAttributes).epilogue.dropout !== undefined;
  return drops ? withoutDropout(required(tensor.node, 'a')) : tensor;
}

/** The output of the maximum pooling that alone reads a value, which has fewer elements and the same largest: rounding keeps their order. */
function behindPool(tensor: Tensor, readers: ReadonlyMap<Tensor, readonly Node[]>): Tensor {
  const [reader, ...others] = readers.get(tensor) ?? [];
  const pools = reader?.operation === poolOperation && (reader.attributes as PoolingAttributes).maximum;
  return reader && pools && others.length === 0 ? first(reader) : tensor;
}

function rangeParameter({ tensors, fixed }: ActivationGroup): Tensor {
  const least = fixed ? (-128 - fixed.zeroPoint) * fixed.scale : 1;
  const most = fixed ? (127 - fixed.zeroPoint) * fixed.scale : -1;
  return parameterNode({
    name: `${tensors[0]?.name ?? ''}/range`,
    shape: [2],
    initial: () => Float32Array.of(least, most),
    trainable: false,
    weightDecay: 0,
  });
}

/** Weights that are all 0, where only what is done with them matters. */
export function zerosOf(m: Model): Weights {
  const zeros = ({ name, shape }: { readonly name: string; readonly shape: Shape }): [string, Value] => [
    name,
    { shape, data: new Float32Array(elements(shape)) },
  ];
  return new Map(parametersOf(m).map(zeros));
}
