import { OptionError } from '../../core/errors.ts';
import type { Quantization, TfliteFile, TfliteOperator, TfliteTensor } from './file.ts';
import { FlatBuffer, type Part, type Word } from './flat-buffer.ts';
import { definitionOf, FILE_IDENTIFIER, GREATER_CODES, type OperatorName, SCHEMA_VERSION, TENSOR_TYPES } from './schema.ts';
import { lowestVersion } from './versions.ts';

/** The most bytes of a file: an offset of FlatBuffers reaches twice as far. */
export const MOST_FILE_BYTES = 2 ** 30;
/** As the schema asks for of constants. */
const ALIGNMENT = 16;
/** More than a tensor, an operator or a buffer takes of a file, on the average. */
const ABOUT = 128;

/** A field of a table by its number, left out where it has no value or the one that an absent field has. */
type Field = readonly [number: number, value: Word | undefined, absent?: number];

/** The bytes of a file. Throws an OptionError for more than it has room for. */
export function writeTflite(file: TfliteFile): Uint8Array {
  const arrays = [...new Set(file.tensors.flatMap(({ data }) => (data ? [data] : [])))];
  const contents = [...arrays.map(bytesOf), ...file.metadata.map(({ data }) => data)];
  const parts = 1 + contents.length + file.tensors.length + file.operators.length;
  const size = contents.reduce((sum, { length }) => sum + length, ABOUT * parts);
  if (size > MOST_FILE_BYTES)
    throw new OptionError(
      `encodeTflite: the network takes about ${size} bytes, but a file is written up to ${MOST_FILE_BYTES}; keep it in a file of encodeModel`,
    );
  return new Writer().write(file, arrays, contents);
}

class Writer {
  private readonly buffer = new FlatBuffer();
  /** Of a filter and of its bias, and of all tensors of one zero point: one vector in the file. */
  private readonly zeroPoints = new Map<string, Part>();

  /** `contents`: of the tensors' arrays, then of the metadata. */
  write(file: TfliteFile, arrays: readonly unknown[], contents: readonly Uint8Array[]): Uint8Array {
    const { buffer } = this;
    const constants = contents.map((content) => this.table([[0, buffer.content(content.length, content, ALIGNMENT)]]));
    // Buffer 0 is empty, by a rule of the format: that of the tensors that are computed.
    const buffers = [this.table([]), ...constants];
    const bufferOf = new Map(arrays.map((data, index) => [data, 1 + index]));
    const metadata = file.metadata.map(({ name }, index) => this.metadata(name, 1 + arrays.length + index));
    const tensors = file.tensors.map((tensor) => this.tensor(tensor, bufferOf.get(tensor.data) ?? 0));
    const codes: Part[] = [];
    const operators = file.operators.map((operator) => {
      const code = this.code(operator.operator, lowestVersion(operator, file.tensors));
      if (!codes.includes(code)) codes.push(code);
      return this.operator(operator, codes.indexOf(code));
    });
    const subgraph = this.table([
      [0, buffer.vector(tensors)],
      [1, buffer.vector(file.inputs)],
      [2, buffer.vector(file.outputs)],
      [3, buffer.vector(operators)],
    ]);
    const root = this.table([
      [0, SCHEMA_VERSION],
      [1, buffer.vector(codes)],
      [2, buffer.vector([subgraph])],
      [4, buffer.vector(buffers)],
      [6, metadata.length > 0 ? buffer.vector(metadata) : undefined],
    ]);
    return buffer.finish(root, FILE_IDENTIFIER);
  }

  private metadata(name: string, buffer: number): Part {
    return this.table([
      [0, this.buffer.text(name)],
      [1, buffer],
    ]);
  }

  private tensor({ type, shape, quantization }: TfliteTensor, buffer: number): Part {
    return this.table([
      [0, this.buffer.vector(shape)],
      [1, TENSOR_TYPES[type], 0],
      [2, buffer, 0],
      [4, quantization && this.quantization(quantization)],
    ]);
  }

  private quantization({ scales, zeroPoints, dimension }: Quantization): Part {
    return this.table([
      [2, this.buffer.vector(scales.map(bitsOf))],
      [3, this.longs(zeroPoints)],
      [6, dimension, 0],
    ]);
  }

  private longs(values: readonly number[]): Part {
    const key = values.join();
    let part = this.zeroPoints.get(key);
    if (!part) {
      const longs = BigInt64Array.from(values, BigInt);
      part = this.buffer.content(longs.length, bytesOf(longs), longs.BYTES_PER_ELEMENT);
      this.zeroPoints.set(key, part);
    }
    return part;
  }

  private code(operator: OperatorName, version: number): Part {
    const { code } = definitionOf(operator);
    return this.table([
      [0, Math.min(code, GREATER_CODES), 0],
      [2, version, 1],
      [3, code, 0],
    ]);
  }

  private operator({ operator, inputs, outputs, options }: TfliteOperator, code: number): Part {
    const { union } = definitionOf(operator);
    return this.table([
      // There where it is 0 as well: a vtable for operators without it takes more.
      [0, code],
      [1, this.buffer.vector(inputs)],
      [2, this.buffer.vector(outputs)],
      [3, union],
      [4, union && this.options(operator, options)],
    ]);
  }

  private options(operator: OperatorName, options: TfliteOperator['options']): Part {
    const { fields = {} } = definitionOf(operator);
    return this.table(
      Object.entries(fields).map(([name, [type, absent = 0]], number) => {
        const value = options[name] ?? absent;
        if (typeof value !== 'number') return [number, this.buffer.vector(value)];
        return [number, value === absent ? undefined : type === 'float' ? bitsOf(value) : value];
      }),
    );
  }

  private table(fields: readonly Field[]): Part {
    const present = fields.flatMap(([number, value, absent]) =>
      value === undefined || value === absent ? [] : [[number, value] as const],
    );
    return this.buffer.table(present);
  }
}

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView<ArrayBufferLike>): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** A number's float32, as the integer of the same bits. */
function bitsOf(value: number): number {
  return new DataView(Float32Array.of(value).buffer).getInt32(0, true);
}
