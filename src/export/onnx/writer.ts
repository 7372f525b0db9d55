import { create } from '@bufbuild/protobuf';
import type { Numbers } from '../../core/permuted.ts';
import { type Shape, sameShape } from '../../core/value.ts';
import { Names } from '../../deploy/names.ts';
import type { Constant, ExportTensor } from '../../deploy/operations.ts';
import {
  type NodeProto,
  NodeProtoSchema,
  type TensorProto,
  TensorProto_DataType,
  TensorProtoSchema,
} from '../../formats/onnx/onnx_pb.ts';
import { type Attribute, ints, namedAttributes } from './attributes.ts';

export interface Output {
  /** What its name begins with; a number follows where that is taken. */
  readonly name: string;
  /** Without the batch axis. */
  readonly dims: Shape;
}

/** Numbers in another order. */
export type Arrangement = <Data extends Numbers>(data: Data) => Data;

/** How an operator wants the weights of a layer. */
export interface WeightsForm {
  /** Tells the forms of the same weights apart. */
  readonly form: string;
  readonly dims: Shape;
  /** Of `dims`, along which the output channels lie. */
  readonly axis: number;
  readonly arranged: Arrangement;
  /** The same for one number of each output channel [as they are]. */
  readonly scalesArranged?: Arrangement;
}

/** Collects the nodes and initializers of a graph. Every value has the batch as its first axis, of a size that is not known. */
export class OnnxWriter {
  readonly nodes: NodeProto[] = [];
  readonly initializers: TensorProto[] = [];
  private readonly names = new Names();
  private readonly dims = new Map<string, Shape>();
  private readonly made = new Map<string, string>();

  /** A value that comes from outside, or goes there. */
  declare({ name, dims }: Output): string {
    const own = this.names.unique(name);
    this.dims.set(own, dims);
    return own;
  }

  /** Adds a node; the name of its output. An empty input is one that is left out. */
  node(type: string, inputs: readonly string[], output: Output, attributes: Readonly<Record<string, Attribute>> = {}): string {
    const name = this.declare(output);
    this.nodes.push(
      create(NodeProtoSchema, { name, opType: type, input: [...inputs], output: [name], attribute: namedAttributes(attributes) }),
    );
    return name;
  }

  /** The value under other sizes: itself, where they are its own. */
  reshape(value: string, { name, dims }: Output): string {
    if (sameShape(this.dims.get(value) ?? [], dims)) return value;
    // 0 takes the size from the input.
    return this.node('Reshape', [value, this.sizes([0, ...dims])], { name: `${name}/reshape`, dims });
  }

  transpose(value: string, permutation: readonly number[], { name, dims }: Output): string {
    return this.node(
      'Transpose',
      [value],
      { name: `${name}/transpose`, dims },
      { perm: ints([0, ...permutation.map((axis) => axis + 1)]) },
    );
  }

  /** An initializer, made once for each name and form of its numbers. */
  floats(name: string, form: string, dims: Shape, make: () => Float32Array): string {
    return this.once(`${name} ${form} ${dims}`, () => {
      const data = make();
      return this.initializer(
        name,
        dims,
        TensorProto_DataType.FLOAT,
        littleEndian(data.length, 4, (view, i) => view.setFloat32(4 * i, data[i] ?? 0, true)),
      );
    });
  }

  /** The weights of a layer, floats here. */
  weights({ name, data }: Constant, { form, dims, arranged }: WeightsForm): string {
    return this.floats(name, form, dims, () => arranged(data));
  }

  /** What the network goes on with of a value that a node made: here the value itself. */
  kept(_tensor: ExportTensor, made: string, _dims: Shape): string {
    return made;
  }

  number(value: number): string {
    return this.floats(`number/${value}`, '', [], () => Float32Array.of(value));
  }

  /** Integers, made once for each name and form of theirs. */
  protected integers(name: string, form: string, dims: Shape, make: () => Int8Array | Int32Array): string {
    return this.once(`${name} ${form} ${dims}`, () => {
      const data = make();
      if (data instanceof Int8Array) return this.initializer(name, dims, TensorProto_DataType.INT8, Uint8Array.from(data));
      const bytes = littleEndian(data.length, 4, (view, i) => view.setInt32(4 * i, data[i] ?? 0, true));
      return this.initializer(name, dims, TensorProto_DataType.INT32, bytes);
    });
  }

  private sizes(values: readonly number[]): string {
    return this.once(`shape ${values}`, () => {
      const bytes = littleEndian(values.length, 8, (view, i) => view.setBigInt64(8 * i, BigInt(values[i] ?? 0), true));
      return this.initializer(`shape/${values.join('x')}`, [values.length], TensorProto_DataType.INT64, bytes);
    });
  }

  protected once(key: string, make: () => string): string {
    const found = this.made.get(key) ?? make();
    this.made.set(key, found);
    return found;
  }

  private initializer(name: string, dims: Shape, dataType: TensorProto_DataType, rawData: Uint8Array): string {
    const own = this.names.unique(name);
    this.initializers.push(create(TensorProtoSchema, { name: own, dims: dims.map(BigInt), dataType, rawData }));
    return own;
  }
}

function littleEndian(count: number, size: number, set: (view: DataView, index: number) => void): Uint8Array {
  const bytes = new Uint8Array(count * size);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < count; i++) set(view, i);
  return bytes;
}
