import { create, toBinary } from '@bufbuild/protobuf';
import { Random } from '../../src/core/random.ts';
import {
  AttributeProto_AttributeType,
  AttributeProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
  type TensorProto,
  TensorProto_DataType,
  TensorProtoSchema,
  ValueInfoProtoSchema,
} from '../../src/formats/onnx/onnx_pb.ts';

/** A number that stands as a float though it is whole. */
export interface Float {
  readonly float: number;
}
export const float = (value: number): Float => ({ float: value });

export type Attribute = number | string | Float | readonly number[] | TensorProto;

export const { FLOAT, FLOAT16, BFLOAT16, DOUBLE, INT8, UINT8, INT32, INT64, BOOL } = TensorProto_DataType;

/** Writes ONNX graphs as exporters do, node by node. Names of tensors are what its methods give. */
export class OnnxGraph {
  private readonly nodes: object[] = [];
  private readonly weights: TensorProto[] = [];
  private readonly inputs: object[] = [];
  private count = 0;

  constructor(
    private readonly opset = 17,
    private readonly seed = 1,
  ) {}

  /** An input of this shape; a text is the name of a size that is left open. */
  input(shape: readonly (number | string)[], name = 'x', type: number = FLOAT): string {
    this.inputs.push(valueInfo(name, shape, type));
    return name;
  }

  /** A weight of random numbers, scaled so that sums over its last `fan` axes stay about 1. */
  random(shape: readonly number[], scale = 1, name = this.name('weight')): string {
    return this.floats(
      shape,
      noise(elements(shape), this.seed + ++this.count).map((x) => x * scale),
      name,
    );
  }

  floats(shape: readonly number[], values: ArrayLike<number>, name = this.name('weight')): string {
    return this.tensor({ name, dims: shape.map(BigInt), dataType: FLOAT, rawData: rawFloats(values) });
  }

  /** As exporters write shapes and axes. */
  integers(values: readonly number[], shape: readonly number[] = [values.length], name = this.name('shape')): string {
    const raw = new Uint8Array(BigInt64Array.from(values, BigInt).buffer);
    return this.tensor({ name, dims: shape.map(BigInt), dataType: INT64, rawData: raw });
  }

  tensor(fields: Parameters<typeof create<typeof TensorProtoSchema>>[1] & { readonly name: string }): string {
    this.weights.push(create(TensorProtoSchema, fields));
    return fields.name;
  }

  node(operator: string, inputs: readonly string[], attributes: Readonly<Record<string, Attribute>> = {}, domain = ''): string {
    return this.nodeOf(operator, inputs, attributes, domain, 1)[0] as string;
  }

  nodeOf(
    operator: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>>,
    domain: string,
    outputs: number,
  ): string[] {
    const name = this.name(operator);
    const output = Array.from({ length: outputs }, (_, index) => `${name}_output_${index}`);
    const attribute = Object.entries(attributes).map(([key, value]) => attributeOf(key, value));
    this.nodes.push(create(NodeProtoSchema, { name, opType: operator, input: [...inputs], output, attribute, domain }));
    return output;
  }

  bytes(output: string | readonly string[], metadata: Readonly<Record<string, string>> = {}): Uint8Array {
    const outputs = typeof output === 'string' ? [output] : output;
    const proto = create(ModelProtoSchema, {
      irVersion: 8n,
      producerName: 'test',
      opsetImport: [
        { domain: '', version: BigInt(this.opset) },
        ...(this.nodes.some((node) => 'domain' in node && node.domain === 'com.microsoft')
          ? [{ domain: 'com.microsoft', version: 1n }]
          : []),
      ],
      graph: {
        name: 'graph',
        node: this.nodes,
        initializer: this.weights,
        input: this.inputs,
        output: outputs.map((name) => ({ name, type: { tensorType: { elemType: FLOAT } } })),
      },
      metadataProps: Object.entries(metadata).map(([key, value]) => ({ key, value })),
    });
    return toBinary(ModelProtoSchema, proto);
  }

  private name(kind: string): string {
    return `${kind}_${this.count++}`;
  }
}

/** So many numbers from -1 to 1, the same for the same seed. */
export function noise(count: number, seed: number): number[] {
  const random = new Random(seed, 0x6e6f69);
  return Array.from({ length: count }, () => 2 * random.uniform() - 1);
}

export const elements = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);

export function rawFloats(values: ArrayLike<number>): Uint8Array {
  return new Uint8Array(Float32Array.from(values).buffer);
}

function valueInfo(name: string, shape: readonly (number | string)[], elemType: number) {
  const dim = shape.map((size) =>
    typeof size === 'number'
      ? { value: { case: 'dimValue' as const, value: BigInt(size) } }
      : { value: { case: 'dimParam' as const, value: size } },
  );
  return create(ValueInfoProtoSchema, { name, type: { tensorType: { elemType, shape: { dim } } } });
}

function attributeOf(name: string, value: Attribute) {
  const { FLOAT: REAL, INT, STRING, INTS, FLOATS, TENSOR } = AttributeProto_AttributeType;
  if (typeof value === 'string') return create(AttributeProtoSchema, { name, type: STRING, s: new TextEncoder().encode(value) });
  if (typeof value === 'number')
    return create(
      AttributeProtoSchema,
      Number.isInteger(value) ? { name, type: INT, i: BigInt(value) } : { name, type: REAL, f: value },
    );
  if (Array.isArray(value))
    return create(
      AttributeProtoSchema,
      value.every(Number.isInteger) ? { name, type: INTS, ints: value.map(BigInt) } : { name, type: FLOATS, floats: value },
    );
  if ('float' in value) return create(AttributeProtoSchema, { name, type: REAL, f: value.float });
  return create(AttributeProtoSchema, { name, type: TENSOR, t: value as TensorProto });
}
