import { create, toBinary } from '@bufbuild/protobuf';
import { elements } from '../../src/core/value.ts';
import { int, ints, namedAttributes } from '../../src/export/onnx/attributes.ts';
import {
  ModelProtoSchema,
  type NodeProto,
  NodeProtoSchema,
  type TensorProto,
  TensorProto_DataType,
  TensorProtoSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from '../../src/formats/onnx/onnx_pb.ts';
import type { OnnxLayer } from './layer.ts';

const IR_VERSION = 8n;
const OPERATOR_SET = 17n;

/** A model of several layers, one after the other; the weights of each are named by its index. */
export function onnxModel(layers: readonly OnnxLayer[]): Uint8Array {
  const nodes: NodeProto[] = [];
  const weights: TensorProto[] = [];
  let before = 'x';
  layers.forEach(({ operator, attributes, weights: shapes, relu }, index) => {
    const y = `y${index}`;
    const names = shapes.map((_, weight) => `w${index}.${weight}`);
    shapes.forEach((shape, weight) => {
      weights.push(initializer(names[weight] ?? '', shape, index + weight));
    });
    nodes.push(node(operator, [before, ...names], y, attributes));
    before = y;
    if (!relu) return;
    nodes.push(node('Relu', [y], `${y}.relu`, {}));
    before = `${y}.relu`;
  });
  const [x] = layers[0]?.inputs ?? [];
  const graph = {
    ...{ name: 'bench', node: nodes, initializer: weights },
    ...{ input: [described('x', x)], output: [described(before, undefined)] },
  };
  return toBinary(
    ModelProtoSchema,
    create(ModelProtoSchema, { irVersion: IR_VERSION, opsetImport: [{ domain: '', version: OPERATOR_SET }], graph }),
  );
}

function node(opType: string, input: string[], output: string, attributes: OnnxLayer['attributes']): NodeProto {
  const attribute = namedAttributes(
    Object.fromEntries(
      Object.entries(attributes).map(([name, value]) => [name, typeof value === 'number' ? int(value) : ints(value)]),
    ),
  );
  return create(NodeProtoSchema, { name: output, opType, input, output: [output], attribute });
}

/** Weights whose values do not matter, but are no zeros, which some processors are faster with. */
function initializer(name: string, shape: readonly number[], seed: number): TensorProto {
  const values = Float32Array.from(
    { length: elements(shape) },
    (_, i) => ((Math.imul(i + seed, 0x9e3779b1) >>> 24) - 128) / 4096,
  );
  const dataType = TensorProto_DataType.FLOAT;
  return create(TensorProtoSchema, { name, dims: shape.map(BigInt), dataType, rawData: new Uint8Array(values.buffer) });
}

function described(name: string, shape: readonly number[] | undefined): ValueInfoProto {
  const dim = shape?.map((size) => ({ value: { case: 'dimValue' as const, value: BigInt(size) } }));
  const tensorType = { elemType: TensorProto_DataType.FLOAT, ...(dim && { shape: { dim } }) };
  return create(ValueInfoProtoSchema, { name, type: { tensorType } });
}
