import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { type AttributeProto, AttributeProto_AttributeType, AttributeProtoSchema } from '../../formats/onnx/onnx_pb.ts';

/** A node's attribute without its name. */
export type Attribute = Omit<Extract<MessageInitShape<typeof AttributeProtoSchema>, { name?: string }>, 'name' | '$typeName'>;

export const float = (f: number): Attribute => ({ type: AttributeProto_AttributeType.FLOAT, f });
export const int = (i: number): Attribute => ({ type: AttributeProto_AttributeType.INT, i: BigInt(i) });
export const ints = (numbers: readonly number[]): Attribute => ({
  type: AttributeProto_AttributeType.INTS,
  ints: numbers.map(BigInt),
});
export const text = (s: string): Attribute => ({ type: AttributeProto_AttributeType.STRING, s: new TextEncoder().encode(s) });

export function namedAttributes(attributes: Readonly<Record<string, Attribute>>): AttributeProto[] {
  return Object.entries(attributes).map(([name, attribute]) => create(AttributeProtoSchema, { name, ...attribute }));
}
