import { fromBinary } from '@bufbuild/protobuf';
import { refuseUnknown } from '../../core/arguments.ts';
import { DataError, OptionError } from '../../core/errors.ts';
import { shown } from '../../core/shown.ts';
import { sameShape, type Value } from '../../core/value.ts';
import type { InputDescription } from '../../data/input-description.ts';
import { metadataInput } from '../../formats/kind.ts';
import { type ModelProto, ModelProtoSchema } from '../../formats/onnx/onnx_pb.ts';
import { model } from '../../model/model.ts';
import { layerList, resolve } from '../../model/resolve.ts';
import type { InputShape, Layer, Model } from '../../model/types.ts';
import { checkWeights, type Weights } from '../../model/weights.ts';
import { Allowance } from './allowance.ts';
import { arranged, type Feature, sameDims } from './feature.ts';
import { type OnnxGraph, readGraph } from './graph.ts';
import { Importer, type InputLayout } from './importer.ts';
import type { IrNode } from './ir.ts';
import { OnnxNode } from './node.ts';
import { operators } from './operators/registry.ts';
import { consumersOf, ordered } from './order.ts';
import { withSharedPrefixes } from './prefixes.ts';
import { simplified } from './simplify.ts';
import { flattened, layersOf, Structure } from './structure.ts';
import { sameAtoms } from './view.ts';
import { checkWire } from './wire.ts';

export interface DecodedOnnx {
  readonly model: Model;
  readonly weights: Weights;
  readonly input?: InputDescription;
}

export interface OnnxOptions {
  /** The name of the tensor in the file that the model is to end with [the graph's output]. */
  readonly output?: string;
}

export function decodeOnnx(bytes: Uint8Array, options: OnnxOptions = {}): DecodedOnnx {
  refuseUnknown('decodeOnnx', options, ['output']);
  if (options.output !== undefined && (typeof options.output !== 'string' || options.output === ''))
    throw new OptionError(`decodeOnnx: output must be the name of a tensor in the file, got ${shown(options.output)}`);
  const allowance = new Allowance(bytes.length);
  const graph = readGraph(parsed(bytes), allowance);
  const output = options.output ?? outputOf(graph);
  const [first, second] = layoutsOf(graph);
  try {
    return networkOf(graph, output, first, allowance);
  } catch (error) {
    if (!second || !(error instanceof DataError)) throw error;
    try {
      return networkOf(graph, output, second, allowance);
    } catch (another) {
      throw another instanceof DataError ? error : another;
    }
  }
}

function parsed(bytes: Uint8Array): ModelProto {
  try {
    checkWire(bytes);
    // Of a Buffer, which is what files are read as in Node, `slice` is no copy: fields of bytes would be views into the whole file.
    const plain = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
    return fromBinary(ModelProtoSchema, plain, { readUnknownFields: false });
  } catch (cause) {
    if (cause instanceof DataError) throw cause;
    const detail = cause instanceof Error ? cause.message : String(cause);
    throw new DataError(`onnx: the file is damaged or of another kind: ${detail}`, { cause });
  }
}

function outputOf({ outputs }: OnnxGraph): string {
  const [output] = outputs;
  if (output !== undefined && outputs.length === 1) return output;
  throw new DataError(
    `onnx: the graph has ${outputs.length} outputs${outputs.length > 0 ? `, ${outputs.map((name) => `'${name}'`).join(', ')}` : ''}; ` +
      "a model has one: name it, decodeOnnx(bytes, { output: 'name' })",
  );
}

/** How the input's axes may be meant, the likelier way first: a file does not say it, but few images have more than four channels. */
function layoutsOf({ input: { shape }, isOurs }: OnnxGraph): readonly [InputLayout, InputLayout?] {
  const [, first = 0, , last = 0] = shape;
  if (isOurs) return ['channels last'];
  if (shape.length !== 4) return ['channels first'];
  return last <= 4 && first > 4 ? ['channels last', 'channels first'] : ['channels first', 'channels last'];
}

function networkOf(graph: OnnxGraph, output: string, layout: InputLayout, allowance: Allowance): DecodedOnnx {
  const importer = new Importer(graph, operators, layout);
  const last = ended(importer.run(output), output, layout, allowance);
  const pixels = graph.input.isBytes ? pixelScale(importer.input, last) : undefined;
  const order = withSharedPrefixes(ordered(simplified(pixels?.output ?? last)));
  const shared = sharedKeys(order);
  const layerOf = (node: IrNode): Layer => {
    const { step, key, where } = node;
    if (step.kind !== 'layer') throw new DataError(`${where}: has no layer`);
    const name = key === undefined ? undefined : shared.get(key);
    return name === undefined ? step.layer : ({ ...step.layer, shared: name } as Layer);
  };
  const placed = new Structure(order, layerOf).layers();
  if (placed.length === 0) throw new DataError('onnx: the output is the input; a network has at least one layer');
  const built = modelOf(importer.input.shape as InputShape, layersOf(placed));
  const weights = weightsOf(
    built,
    flattened(placed).map(({ node }) => node),
  );
  const input = inputOf(graph, built, pixels);
  return { model: built, weights, ...(input && { input }) };
}

function modelOf(input: InputShape, layers: readonly Layer[]): Model {
  try {
    return model(input, layers);
  } catch (cause) {
    throw new DataError(`onnx: the network is none that can be had: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
  }
}

/** What a model of ours gives lies as the file's output does, an image as [h, w, c] whichever way the file has it. */
function ended(feature: Feature, output: string, layout: InputLayout, allowance: Allowance): IrNode {
  const { axes, dims } = feature.view;
  const node = new OnnxNode('output', output, [], [output], new Map(), 0, allowance);
  if (axes.length === 1) return arranged(node, feature, axes).node;
  if (axes.length !== 3) throw node.fault(`it has ${axes.length + 1} axes`, 'needed is a vector or an image for each sample');
  const [first = [], second = [], third = []] = axes;
  // A pool over all pixels, which the file leaves as an image of one: what has a value for each class is a vector.
  if (layout === 'channels first' && dims.length === 1 && sameAtoms(dims.flat(), first)) return feature.node;
  const ways = [axes, [second, third, first]];
  if (layout === 'channels first') ways.reverse();
  const fitting =
    ways.find((wanted) => sameDims(dims, wanted)) ??
    ways.find((wanted) => sameAtoms(dims.flat(), wanted.flat())) ??
    ways[0] ??
    axes;
  return arranged(node, feature, fitting).node;
}

interface Pixels {
  readonly scale: number;
  readonly offset: number;
  readonly output: IrNode;
}

/** Of a file that takes bytes: what it makes of them first is the description's, not the network's. */
function pixelScale(input: IrNode, output: IrNode): Pixels {
  const order = ordered(output);
  const [reader, another] = consumersOf(order).get(input) ?? [];
  const step = reader?.step;
  if (!reader || another || step?.kind !== 'affine' || typeof step.scale !== 'number' || typeof step.offset !== 'number')
    return { scale: 1, offset: 0, output };
  const made = new Map<IrNode, IrNode>([[reader, input]]);
  for (const node of order)
    if (node !== reader && node !== input)
      made.set(node, { ...node, inputs: node.inputs.map((before) => made.get(before) ?? before) });
  return { scale: step.scale, offset: step.offset, output: made.get(output) ?? output };
}

/** The keys of weights that several layers have, each with a name. */
function sharedKeys(order: readonly IrNode[]): ReadonlyMap<string, string> {
  const byKey = new Map<string, IrNode[]>();
  for (const node of order)
    if (node.step.kind === 'layer' && node.key !== undefined && node.step.weights.size > 0)
      byKey.set(node.key, [...(byKey.get(node.key) ?? []), node]);
  const shared = new Map<string, string>();
  for (const [key, nodes] of byKey)
    if (nodes.length > 1 && nodes.every((node) => haveSameWeights(node, nodes[0]))) shared.set(key, `weights_${shared.size + 1}`);
  return shared;
}

function haveSameWeights({ step: a }: IrNode, other: IrNode | undefined): boolean {
  const b = other?.step;
  if (a.kind !== 'layer' || b?.kind !== 'layer' || a.layer.type !== b.layer.type || a.weights.size !== b.weights.size)
    return false;
  return [...a.weights].every(([role, value]) => {
    const same = b.weights.get(role);
    return same !== undefined && sameShape(value.shape, same.shape) && value.data.every((x, i) => Object.is(x, same.data[i]));
  });
}

/** By the names that the model gives its layers; `nodes` are theirs, in the order in which it lists them. */
function weightsOf(built: Model, nodes: readonly (IrNode | undefined)[]): Weights {
  const weights = new Map<string, Value>();
  layerList(resolve(built)).forEach(({ parameters }, index) => {
    const step = nodes[index]?.step;
    for (const { name } of parameters) {
      const value = step?.kind === 'layer' ? step.weights.get(name.slice(name.lastIndexOf('/') + 1)) : undefined;
      if (value) weights.set(name, value);
    }
  });
  checkWeights(built, weights);
  return weights;
}

function inputOf(graph: OnnxGraph, built: Model, pixels: Pixels | undefined): InputDescription | undefined {
  const told = describedInput(graph, built);
  if (!pixels) return told;
  const { scale, offset } = pixels;
  return Object.freeze({ ...told, shape: built.input, scale, offset });
}

/** What the file's metadata say under `input`; other programs than ours may mean anything else by that. */
function describedInput({ metadata, isOurs }: OnnxGraph, built: Model): InputDescription | undefined {
  if (isOurs) return metadataInput(metadata, built);
  try {
    return metadataInput(metadata, built);
  } catch (error) {
    if (error instanceof DataError) return undefined;
    throw error;
  }
}
