import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { refuseUnknown } from '../../core/arguments.ts';
import { OptionError } from '../../core/errors.ts';
import { shown } from '../../core/shown.ts';
import { elements, type Shape } from '../../core/value.ts';
import { VERSION } from '../../core/version.ts';
import type { InputDescription } from '../../data/input-description.ts';
import { exportGraph } from '../../deploy/graph.ts';
import type { ExportGraph, ExportTensor } from '../../deploy/operations.ts';
import { inputOf } from '../../formats/kind.ts';
import { ModelProtoSchema, TensorProto_DataType, type ValueInfoProtoSchema } from '../../formats/onnx/onnx_pb.ts';
import type { Model } from '../../model/types.ts';
import type { Weights } from '../../model/weights.ts';
import { dequantizedWeights } from '../../quantize/dequantized.ts';
import { integerGraph } from '../../quantize/lower.ts';
import type { QuantizedModel } from '../../quantize/types.ts';
import { int } from './attributes.ts';
import { writeOperation } from './operations.ts';
import { planOf } from './plan.ts';
import { QuantizedWriter } from './quantized-writer.ts';
import { dimsOf, Value } from './value.ts';
import { OnnxWriter } from './writer.ts';

export interface OnnxFileOptions {
  /** What the model takes and what its classes are called, kept as JSON under `input` in the file's metadata_props. */
  readonly input?: InputDescription;
  /** Ends with a softmax, where the model does not [false]. */
  readonly softmax?: boolean;
  /** The version of ONNX's operators; there is 17 [17]. */
  readonly opset?: number;
  /** The input is uint8 [N, ...input], multiplied by the description's scale and added to its offset inside [false]. */
  readonly bytesIn?: boolean;
}

const OPSET = 17;
const IR_VERSION = 9;
/** What protobuf counts to, less room for all that is no number. */
const MOST_WEIGHT_BYTES = 2 ** 31 - 2 ** 24;

/** See src/public/exporting.ts. */
export function encodeOnnx(m: Model, weights: Weights, options: OnnxFileOptions = {}): Uint8Array {
  const { softmax, bytes, input } = checkOptions(m, options);
  const graph = exportGraph(m, weights, { softmax });
  checkSize(graph);
  return toBinary(ModelProtoSchema, onnxModel(graph, new OnnxWriter(), input, bytes));
}

/** The integers of a quantised model. Throws an OptionError that names the layer for what has no form in integers. */
export function encodeOnnxQuantized(quantized: QuantizedModel, options: OnnxFileOptions = {}): Uint8Array {
  const { softmax, bytes, input } = checkOptions(quantized.model, options);
  if (quantized.bits.activations !== 'float') integerGraph(quantized);
  const graph = exportGraph(quantized.model, dequantizedWeights(quantized), { softmax });
  checkSize(graph);
  return toBinary(ModelProtoSchema, onnxModel(graph, new QuantizedWriter(quantized), input, bytes));
}

function checkOptions(m: Model, options: OnnxFileOptions) {
  refuseUnknown('encodeOnnx', options, ['input', 'softmax', 'opset', 'bytesIn']);
  const { softmax = false, opset = OPSET, bytesIn = false } = options;
  for (const [name, value] of Object.entries({ softmax, bytesIn }))
    if (typeof value !== 'boolean') throw new OptionError(`encodeOnnx: ${name} must be true or false, got ${shown(value)}`);
  if (opset !== OPSET)
    throw new OptionError(`encodeOnnx: opset must be ${OPSET}, which runtimes since 2022 read, got ${shown(opset)}`);
  const input = options.input === undefined ? undefined : inputOf('encodeOnnx: input', options.input, m);
  if (!bytesIn) return { softmax, input, bytes: undefined };
  if (!input || input.dtype === 'float32')
    throw new OptionError(
      `encodeOnnx: bytesIn needs an input whose data are bytes, got ${shown(options.input)}; give input: trainer.input, or ` +
        '{ shape, scale: 1 / 255, offset: 0 }',
    );
  return { softmax, input, bytes: input };
}

function checkSize({ constants }: ExportGraph): void {
  const bytes = constants.reduce((sum, { shape }) => sum + 4 * elements(shape), 0);
  if (bytes > MOST_WEIGHT_BYTES)
    throw new OptionError(
      `encodeOnnx: the weights are ${bytes} bytes, but an ONNX file holds ${MOST_WEIGHT_BYTES} at most; keep them in a file of encodeModel`,
    );
}

/** `bytes`: how bytes become what the network takes, where the input is bytes. */
function onnxModel(
  graph: ExportGraph,
  writer: OnnxWriter,
  input: InputDescription | undefined,
  bytes: InputDescription | undefined,
) {
  const given = writer.declare({ name: 'input', dims: graph.input.shape });
  const values = new Map<ExportTensor, Value>([[graph.input, inputValue(writer, graph.input, given, bytes)]]);
  const value = (tensor: ExportTensor): Value => {
    const found = values.get(tensor);
    if (!found) throw new Error(`Nothing has made ${tensor.name}`);
    return found;
  };
  const plan = planOf(graph);
  for (const operation of graph.operations)
    values.set(operation.output, writeOperation(writer, plan, operation, operation.inputs.map(value)));
  const result = finish(writer, value(graph.output).in('last'), graph.output.shape);
  return create(ModelProtoSchema, {
    irVersion: BigInt(IR_VERSION),
    producerName: 'paredown',
    producerVersion: VERSION,
    opsetImport: [{ domain: '', version: BigInt(OPSET) }],
    metadataProps: input ? [{ key: 'input', value: JSON.stringify(input) }] : [],
    graph: {
      name: 'network',
      node: writer.nodes,
      initializer: writer.initializers,
      input: [valueInfo(given, bytes ? TensorProto_DataType.UINT8 : TensorProto_DataType.FLOAT, graph.input.shape)],
      output: [valueInfo(result, TensorProto_DataType.FLOAT, graph.output.shape)],
    },
  });
}

/** Bytes are put into their layout while they are bytes. */
function inputValue(writer: OnnxWriter, tensor: ExportTensor, given: string, bytes: InputDescription | undefined): Value {
  const { shape } = tensor;
  const image = shape.length === 3 ? shape : undefined;
  if (!bytes) return Value.made(writer, writer.kept(tensor, given, shape), 'last', { name: 'input', shape, image });
  const asIs = Value.made(writer, given, 'last', { name: 'input', shape, image });
  const { scale, offset } = bytes;
  const scaled = (layout: 'first' | 'last') => {
    const dims = dimsOf(shape, layout);
    const cast = writer.node('Cast', [asIs.in(layout)], { name: 'input/float', dims }, { to: int(TensorProto_DataType.FLOAT) });
    const times = scale === 1 ? cast : writer.node('Mul', [cast, writer.number(scale)], { name: 'input/scaled', dims });
    const shifted = offset === 0 ? times : writer.node('Add', [times, writer.number(offset)], { name: 'input/shifted', dims });
    return writer.kept(tensor, shifted, dims);
  };
  return Value.derived(writer, asIs, 'input/scaled', scaled);
}

/** Gives what the network ends with, a value or the input itself, the name of its output. */
function finish(writer: OnnxWriter, last: string, dims: Shape): string {
  const made = writer.nodes.some(({ output }) => output[0] === last);
  if (!made) return writer.node('Identity', [last], { name: 'output', dims });
  const result = writer.declare({ name: 'output', dims });
  const renamed = (name: string) => (name === last ? result : name);
  for (const node of writer.nodes) {
    node.input = node.input.map(renamed);
    node.output = node.output.map(renamed);
  }
  return result;
}

function valueInfo(name: string, elemType: TensorProto_DataType, shape: Shape): MessageInitShape<typeof ValueInfoProtoSchema> {
  const batch = { value: { case: 'dimParam', value: 'N' } } as const;
  const sizes = shape.map((size) => ({ value: { case: 'dimValue', value: BigInt(size) } }) as const);
  return { name, type: { tensorType: { elemType, shape: { dim: [batch, ...sizes] } } } };
}
