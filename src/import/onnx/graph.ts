import { DataError } from '../../core/errors.ts';
import { elements, type Shape } from '../../core/value.ts';
import {
  type AttributeProto,
  AttributeProto_AttributeType,
  type GraphProto,
  type ModelProto,
  type NodeProto,
  type ValueInfoProto,
} from '../../formats/onnx/onnx_pb.ts';
import type { Allowance } from './allowance.ts';
import { BATCH, type Constant } from './constant.ts';
import { type AttributeValue, OnnxNode } from './node.ts';
import { readTensor } from './tensor.ts';

/** The versions of the operator set whose operators are told apart here. */
const OPSETS = [7, 26] as const;
/** ResNet-1001 has some 3,500. */
const MOST_NODES = 5000;

/** The graph of an ONNX file, checked as far as a graph can be wrong in itself. */
export interface OnnxGraph {
  readonly nodes: readonly OnnxNode[];
  readonly constants: ReadonlyMap<string, Constant>;
  readonly input: OnnxInput;
  /** The names of what it gives. */
  readonly outputs: readonly string[];
  readonly metadata: ReadonlyMap<string, string>;
  /** Whether `encodeOnnx` wrote it. */
  readonly isOurs: boolean;
}

export interface OnnxInput {
  readonly name: string;
  /** The batch first: a number, or BATCH. */
  readonly shape: Shape;
  /** Bytes from 0 to 255. */
  readonly isBytes: boolean;
}

export function readGraph(proto: ModelProto, allowance: Allowance): OnnxGraph {
  const { graph } = proto;
  if (!graph) throw new DataError('onnx: the file holds no graph; it is damaged or of another kind');
  const opset = opsetOf(proto);
  if (graph.sparseInitializer.length > 0)
    throw new DataError(
      `onnx: tensor '${graph.sparseInitializer[0]?.values?.name ?? ''}' is sparse, which is not read; export the weights as dense tensors`,
    );
  if (graph.node.length > MOST_NODES)
    throw new DataError(`onnx: the graph has ${graph.node.length} nodes; at most ${MOST_NODES} are read`);
  const constants = new Map<string, Constant>();
  for (const tensor of graph.initializer) {
    if (constants.has(tensor.name)) throw new DataError(`onnx: two weights are named '${tensor.name}'; the file is damaged`);
    constants.set(tensor.name, readTensor(`onnx: tensor '${tensor.name}'`, tensor.name, tensor, allowance));
  }
  return {
    nodes: graph.node.map((node) => readNode(node, opset, allowance)),
    constants,
    input: readInput(graph, constants),
    outputs: graph.output.map(({ name }) => name),
    isOurs: proto.producerName === 'paredown',
    metadata: new Map(proto.metadataProps.map(({ key, value }) => [key, value])),
  };
}

function opsetOf({ opsetImport }: ModelProto): number {
  const found = opsetImport.find(({ domain }) => domain === '' || domain === 'ai.onnx');
  const [least, most] = OPSETS;
  if (!found)
    throw new DataError('onnx: the file names no version of the operator set ai.onnx; it is damaged or of another kind');
  const version = Number(found.version);
  if (version < least || version > most)
    throw new DataError(
      `onnx: the file is of opset ${version}; opsets ${least} to ${most} are read: export it in one of them, such as 17`,
    );
  return version;
}

/** The one input that is no weight. */
function readInput(graph: GraphProto, constants: ReadonlyMap<string, Constant>): OnnxInput {
  const inputs = graph.input.filter(({ name }) => !constants.has(name));
  const [input] = inputs;
  if (!input || inputs.length > 1)
    throw new DataError(
      `onnx: the graph has ${inputs.length} inputs${inputs.length > 0 ? `, ${inputs.map(({ name }) => `'${name}'`).join(', ')}` : ''}; a model has one`,
    );
  return inputOf(input);
}

const FLOATS: Readonly<Record<number, string>> = { 1: 'float', 10: 'float16', 11: 'double', 16: 'bfloat16' };
const UINT8 = 2;

function inputOf({ name, type }: ValueInfoProto): OnnxInput {
  const where = `onnx: input '${name}'`;
  if (!type?.tensorType) throw new DataError(`${where} is no tensor; a model's input is an image or a vector`);
  const { elemType, shape } = type.tensorType;
  if (FLOATS[elemType] === undefined && elemType !== UINT8)
    throw new DataError(`${where} is of element type ${elemType}; it must be float (1), float16, bfloat16, double or uint8 (2)`);
  if (!shape) throw new DataError(`${where} has no shape; export it with the sizes of the image, [N, 3, 32, 32]`);
  const sizes = shape.dim.map(({ value }, axis) => {
    const size = value.case === 'dimValue' ? Number(value.value) : BATCH;
    // Sizes that are left open stand as a name, as nothing, or as a number below 1.
    if (axis === 0) return size >= 1 ? size : BATCH;
    if (!Number.isSafeInteger(size) || size < 1)
      throw new DataError(
        `${where}: its axis ${axis} has no size${value.case === 'dimParam' ? ` ('${value.value}')` : ''}; only the batch, axis 0, may be left open: export it with the sizes of the image`,
      );
    return size;
  });
  if (sizes.length < 2 || sizes.length > 4)
    throw new DataError(
      `${where} has shape [${sizes.map((size) => (Number.isNaN(size) ? 'N' : size)).join(', ')}]; needed is [N, size], [N, height, width], [N, channels, height, width] or [N, height, width, channels]`,
    );
  if (elements(sizes.slice(1)) > 2 ** 31)
    throw new DataError(`${where} has ${elements(sizes.slice(1))} elements; at most 2^31 are taken`);
  return { name, shape: sizes, isBytes: elemType === UINT8 };
}

/** Domains whose operators are the standard's own, or written as them (quantisation of 16 and 4 bits, by onnxruntime's tools). */
const isKnownDomain = ({ domain, opType }: NodeProto) =>
  domain === '' || domain === 'ai.onnx' || (domain === 'com.microsoft' && /^(Dequantize|Quantize)Linear$/.test(opType));

function readNode(proto: NodeProto, opset: number, allowance: Allowance): OnnxNode {
  const { name, opType, domain, input, output } = proto;
  const where = `onnx: node '${name || output[0] || ''}' (${opType})`;
  if (!isKnownDomain(proto))
    throw new DataError(`${where}: its operator is of the domain '${domain}'; export the network with standard operators alone`);
  const attributes = new Map<string, AttributeValue>();
  for (const attribute of proto.attribute) {
    if (attributes.has(attribute.name))
      throw new DataError(`${where}: it has the attribute '${attribute.name}' twice; the file is damaged`);
    attributes.set(attribute.name, readAttribute(where, attribute, output[0] ?? '', allowance));
  }
  return new OnnxNode(opType, name, input, output, attributes, opset, allowance);
}

const { FLOAT, INT, STRING, TENSOR, FLOATS: FLOAT_LIST, INTS, STRINGS, UNDEFINED } = AttributeProto_AttributeType;

function readAttribute(where: string, attribute: AttributeProto, output: string, allowance: Allowance): AttributeValue {
  const { name, type } = attribute;
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  switch (type) {
    case FLOAT:
      return attribute.f;
    case INT:
      return Number(attribute.i);
    case STRING:
      return text(attribute.s);
    case FLOAT_LIST:
      return attribute.floats;
    case INTS:
      return attribute.ints.map(Number);
    case STRINGS:
      return attribute.strings.map(text);
    case TENSOR:
      if (attribute.t) return readTensor(`${where}: attribute '${name}'`, output, attribute.t, allowance);
      break;
    case UNDEFINED:
      break;
    default:
      throw new DataError(
        `${where}: attribute '${name}' is of type ${AttributeProto_AttributeType[type] ?? type}, such as control flow has; a model is one graph without it`,
      );
  }
  throw new DataError(`${where}: attribute '${name}' has no value; the file is damaged`);
}
