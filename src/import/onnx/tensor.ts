import { DataError } from '../../core/errors.ts';
import { fromBfloat16, fromHalf } from '../../core/half.ts';
import { elements } from '../../core/value.ts';
import { type TensorProto, TensorProto_DataLocation, TensorProto_DataType } from '../../formats/onnx/onnx_pb.ts';
import type { Allowance } from './allowance.ts';
import type { Constant } from './constant.ts';

const { FLOAT, UINT8, INT8, UINT16, INT16, INT32, INT64, BOOL, FLOAT16, DOUBLE, UINT32, UINT64, BFLOAT16, UINT4, INT4 } =
  TensorProto_DataType;

const SIGNED = (bits: number): [number, number] => [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1];
const UNSIGNED = (bits: number): [number, number] => [0, 2 ** bits - 1];

/** What an element type is: its bits, and for integers what it holds. */
const TYPES: Readonly<Record<number, { readonly bits: number; readonly range?: [number, number] }>> = {
  [FLOAT]: { bits: 32 },
  [DOUBLE]: { bits: 64 },
  [FLOAT16]: { bits: 16 },
  [BFLOAT16]: { bits: 16 },
  [UINT8]: { bits: 8, range: UNSIGNED(8) },
  [INT8]: { bits: 8, range: SIGNED(8) },
  [UINT16]: { bits: 16, range: UNSIGNED(16) },
  [INT16]: { bits: 16, range: SIGNED(16) },
  [UINT32]: { bits: 32, range: UNSIGNED(32) },
  [INT32]: { bits: 32, range: SIGNED(32) },
  [UINT64]: { bits: 64, range: UNSIGNED(53) },
  [INT64]: { bits: 64, range: SIGNED(54) },
  [BOOL]: { bits: 8, range: [0, 1] },
  [UINT4]: { bits: 4, range: UNSIGNED(4) },
  [INT4]: { bits: 4, range: SIGNED(4) },
};

/** The numbers of a tensor, in whichever of its fields they lie. `where` is what errors begin with. */
export function readTensor(where: string, name: string, tensor: TensorProto, allowance: Allowance): Constant {
  const { dataType, dims, dataLocation, externalData } = tensor;
  if (dataLocation === TensorProto_DataLocation.EXTERNAL || externalData.length > 0)
    throw new DataError(
      `${where} lies in another file ('${externalData.find(({ key }) => key === 'location')?.value ?? 'external data'}'); ` +
        'write it into the model: onnx.save(onnx.load("net.onnx"), "one-file.onnx")',
    );
  const type = TYPES[dataType];
  if (!type)
    throw new DataError(
      `${where} is of element type ${TensorProto_DataType[dataType] ?? dataType}; read are FLOAT, DOUBLE, FLOAT16, BFLOAT16 and integers`,
    );
  const shape = dims.map(Number);
  if (!shape.every((size) => Number.isSafeInteger(size) && size >= 0))
    throw new DataError(`${where} has shape [${shape.join(', ')}]; the file is damaged`);
  const count = elements(shape);
  const wrong = (found: number, unit: string) =>
    new DataError(
      `${where} has shape [${shape.join(', ')}], which is ${count} elements, but holds ${found} ${unit}; the file is damaged`,
    );
  const fields = [tensor.floatData, tensor.int32Data, tensor.int64Data, tensor.doubleData, tensor.uint64Data];
  if (tensor.rawData.length > 0 || fields.every(({ length }) => length === 0)) {
    if (Math.ceil((count * type.bits) / 8) !== tensor.rawData.length) throw wrong(tensor.rawData.length, 'bytes');
    allowance.take(where, count);
    return { name, shape, data: fromRaw(dataType, tensor.rawData, count), ...(type.range && { range: type.range }) };
  }
  const field = fieldOf(dataType, tensor);
  const held = type.bits === 4 ? Math.ceil(count / 2) : count;
  if (field.length !== held) throw wrong(field.length, 'numbers of its type');
  allowance.take(where, count);
  return { name, shape, data: fromField(dataType, field, count), ...(type.range && { range: type.range }) };
}

function fieldOf(type: number, tensor: TensorProto): readonly (number | bigint)[] {
  if (type === FLOAT) return tensor.floatData;
  if (type === DOUBLE) return tensor.doubleData;
  if (type === INT64) return tensor.int64Data;
  return type === UINT64 || type === UINT32 ? tensor.uint64Data : tensor.int32Data;
}

/** float16 and bfloat16 stand as their bits in a list of integers, two integers of 4 bits in one. */
function fromField(type: number, field: readonly (number | bigint)[], count: number): ArrayLike<number> {
  if (type === FLOAT) return Float32Array.from(field as readonly number[]);
  if (type === FLOAT16) return fromHalf(Uint16Array.from(field as readonly number[]));
  if (type === BFLOAT16) return fromBfloat16(Uint16Array.from(field as readonly number[]));
  if (type === UINT4 || type === INT4) return fromRaw(type, Uint8Array.from(field as readonly number[]), count);
  return Float64Array.from(field as readonly number[], Number);
}

/** Little-endian, as the format has it on every machine. */
function fromRaw(type: number, raw: Uint8Array, count: number): ArrayLike<number> {
  // A copy, since views want addresses that are multiples of their elements' sizes.
  const { buffer } = raw.slice();
  switch (type) {
    case FLOAT:
      return new Float32Array(buffer);
    case DOUBLE:
      return new Float64Array(buffer);
    case FLOAT16:
      return fromHalf(new Uint16Array(buffer));
    case BFLOAT16:
      return fromBfloat16(new Uint16Array(buffer));
    case INT64:
      return Float64Array.from(new BigInt64Array(buffer) as unknown as number[], Number);
    case UINT64:
      return Float64Array.from(new BigUint64Array(buffer) as unknown as number[], Number);
    case INT32:
      return new Int32Array(buffer);
    case UINT32:
      return new Uint32Array(buffer);
    case INT16:
      return new Int16Array(buffer);
    case UINT16:
      return new Uint16Array(buffer);
    case INT8:
      return new Int8Array(buffer);
    case UINT4:
    case INT4:
      return Int8Array.from({ length: count }, (_, index) => {
        const four = ((raw[index >> 1] ?? 0) >> (4 * (index & 1))) & 15;
        return type === INT4 && four > 7 ? four - 16 : four;
      });
    default:
      return raw;
  }
}
