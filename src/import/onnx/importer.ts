import { DataError } from '../../core/errors.ts';
import { elements, formatShape, type Value } from '../../core/value.ts';
import type { SimpleLayer } from '../../model/layers/simple.ts';
import { BATCH, type Constant } from './constant.ts';
import type { Feature } from './feature.ts';
import { foldConstants } from './fold.ts';
import type { OnnxGraph, OnnxInput } from './graph.ts';
import { affineNode, type Factor, type IrNode, layerNode } from './ir.ts';
import type { OnnxNode } from './node.ts';
import { type Atom, atomsOf, checkView, sizeOf, type View } from './view.ts';

/** Turns one operator into layers, or into another view of its input. */
export type Operator = (node: OnnxNode, importer: Importer) => Feature | Constant;

/** How the axes of the input of a graph are meant. */
export type InputLayout = 'channels first' | 'channels last';

/** Runs through an ONNX graph, node by node, and makes a network of ours of it. */
export class Importer {
  readonly input: IrNode;
  private readonly tensors: Map<string, Feature | Constant>;
  private readonly weights = new Map<string, Value>();
  /** Which inputs of the present node were looked at. */
  private readonly taken = new Set<number>();

  constructor(
    private readonly graph: OnnxGraph,
    private readonly operators: Readonly<Record<string, Operator>>,
    layout: InputLayout,
  ) {
    const view = inputView(graph.input, layout);
    this.input = {
      step: { kind: 'input' },
      inputs: [],
      shape: view.dims.map(sizeOf),
      where: `onnx: input '${graph.input.name}'`,
    };
    this.tensors = new Map<string, Feature | Constant>(graph.constants);
    this.tensors.set(graph.input.name, { node: this.input, view });
  }

  /** The tensor of that name, after all the nodes before it. Throws a DataError for the first node that can't be told in layers. */
  run(output: string): Feature {
    const needed = nodesBefore(this.graph.nodes, output);
    for (const node of needed) this.runNode(node);
    const found = this.tensors.get(output);
    if (found === undefined) throw new DataError(`onnx: nothing in the graph makes its output '${output}'; the file is damaged`);
    if (!isFeature(found)) throw new DataError(`onnx: the output '${output}' does not depend on the input; a model's does`);
    return found;
  }

  /** The size of the batch, where the file tells it; else BATCH. */
  get batch(): number {
    return this.graph.input.shape[0] ?? BATCH;
  }

  /** An input of a node, whatever it is; undefined where it is left out. */
  tensor(node: OnnxNode, index: number): Feature | Constant | undefined {
    this.taken.add(index);
    return this.lookedUp(node, index);
  }

  private lookedUp(node: OnnxNode, index: number): Feature | Constant | undefined {
    const name = node.inputs[index];
    if (name === undefined || name === '') return undefined;
    const found = this.tensors.get(name);
    if (found === undefined)
      throw node.fault(`its input '${name}' is made by no node before it`, 'the file is damaged, or its nodes are not in order');
    return found;
  }

  /** An input that depends on the network's. */
  feature(node: OnnxNode, index: number): Feature {
    const found = this.tensor(node, index);
    if (found === undefined) throw node.fault(`its input ${index} is missing`, 'the file is damaged');
    if (!isFeature(found))
      throw node.fault(
        `its input ${index}, '${found.name}', is a constant`,
        'needed is one that depends on the input of the network',
      );
    return found;
  }

  /** An input that the file knows; undefined where it is left out. */
  optionalConstant(node: OnnxNode, index: number): Constant | undefined {
    const found = this.tensor(node, index);
    if (found !== undefined && isFeature(found))
      throw node.fault(
        `its input ${index}, '${node.inputs[index]}', depends on the input of the network`,
        'needed is a constant, such as a weight in the file',
      );
    return found;
  }

  constant(node: OnnxNode, index: number): Constant {
    const found = this.optionalConstant(node, index);
    if (!found) throw node.fault(`its input ${index} is missing`, 'the file is damaged');
    return found;
  }

  /**
   * A layer with weights made of these constants, in the order of our input that `order` tells; layers of the same constants get the
   * same values, and can share them.
   */
  weighted(
    node: OnnxNode,
    input: IrNode,
    make: () => SimpleLayer,
    made: {
      readonly from: readonly (Constant | undefined)[];
      readonly order: string;
      readonly values: Readonly<Record<string, Made>>;
    },
  ): IrNode {
    const key = [node.operator, made.order, ...made.from.map((constant) => JSON.stringify(constant?.name ?? ''))].join(' ');
    const weights = new Map<string, Value>();
    for (const [role, { shape, at }] of Object.entries(made.values))
      weights.set(role, this.value(node, `${key} ${role}`, shape, at));
    return layerNode(node.where, input, make, weights, key);
  }

  private value(node: OnnxNode, key: string, shape: readonly number[], at: Made['at']): Value {
    const known = this.weights.get(key);
    if (known) return known;
    node.take(elements(shape));
    const data = new Float32Array(elements(shape));
    for (let index = 0; index < data.length; index++) data[index] = at(index);
    const value = { shape, data };
    this.weights.set(key, value);
    return value;
  }

  /** x * scale + offset. */
  affine(node: OnnxNode, { node: input, view }: Feature, scale: Factor, offset: Factor, key = ''): Feature {
    node.take(input.shape.at(-1) ?? 1);
    return { node: affineNode(node.where, input, scale, offset, key), view };
  }

  private runNode(node: OnnxNode): void {
    const inputs = node.inputs.map((_, index) => this.lookedUp(node, index));
    const isConstant = inputs.every((input) => input === undefined || !isFeature(input));
    const operator = Object.hasOwn(this.operators, node.operator) ? this.operators[node.operator] : undefined;
    const folded = isConstant ? foldConstants(node, inputs as (Constant | undefined)[]) : undefined;
    if (!folded && !operator)
      throw node.fault(
        `the operator ${node.operator} has no layer`,
        `there are layers for ${Object.keys(this.operators).join(', ')}`,
      );
    this.taken.clear();
    const found = folded ?? operator?.(node, this);
    node.checkAllRead();
    const unread = folded ? -1 : inputs.findIndex((input, index) => input !== undefined && !this.taken.has(index));
    if (unread >= 0) throw node.fault(`it has an input ${unread}, '${node.inputs[unread]}'`, 'needed is the operator without it');
    const [output] = node.outputs;
    if (!found || output === undefined || output === '') throw node.fault('it has no output', 'the file is damaged');
    if (this.tensors.has(output)) throw node.fault(`its output '${output}' is made twice`, 'the file is damaged');
    // Further outputs (the mask of a dropout, the indices of a maximum) are known to nobody: who reads them is told so.
    if (isFeature(found)) checkView(found.view, found.node.shape);
    this.tensors.set(output, isFeature(found) ? found : { ...found, name: output });
  }
}

/** A tensor of ours that is still to be made. */
export interface Made {
  readonly shape: readonly number[];
  /** Element by element, in row-major order. */
  readonly at: (index: number) => number;
}

export function isFeature(tensor: Feature | Constant): tensor is Feature {
  return 'view' in tensor;
}

/** The nodes that a tensor is made by, in the order of the graph. */
function nodesBefore(nodes: readonly OnnxNode[], output: string): OnnxNode[] {
  const makers = new Map<string, OnnxNode>();
  for (const node of nodes) for (const name of node.outputs) if (name !== '') makers.set(name, makers.get(name) ?? node);
  const needed = new Set<OnnxNode>();
  const open = [output];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const maker = makers.get(name);
    if (!maker || needed.has(maker)) continue;
    needed.add(maker);
    for (const input of maker.inputs) open.push(input);
  }
  return nodes.filter((node) => needed.has(node));
}

/** How the graph's input is seen in that of the model: [N, size] as [n]; of images with one channel [N, H, W]; else by the layout. */
function inputView({ shape, name }: OnnxInput, layout: InputLayout): View {
  const axes: Atom[][] = shape.slice(1).map(atomsOf);
  const [a = [], b = [], c = []] = axes;
  if (axes.length === 1) return { axes, dims: [a] };
  if (axes.length === 2) return { axes, dims: [a, b, []] };
  if (axes.length === 3) return { axes, dims: layout === 'channels first' ? [b, c, a] : [a, b, c] };
  throw new DataError(`onnx: input '${name}' has shape ${formatShape(shape)}; needed is an image or a vector`);
}
