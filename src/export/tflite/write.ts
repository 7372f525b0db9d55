import { Builder } from 'flatbuffers';
import { OptionError } from '../../core/errors.ts';
import type { Quantization, TfliteFile, TfliteOperator, TfliteTensor } from './file.ts';
import { definitionOf, FILE_IDENTIFIER, GREATER_CODES, type OperatorName, SCHEMA_VERSION, TENSOR_TYPES } from './schema.ts';
import { lowestVersion } from './versions.ts';

/** What the builder holds before it doubles for the last time: offsets of FlatBuffers have 32 bits with a sign. */
export const MOST_FILE_BYTES = 2 ** 30;
/** As the schema asks for of constants. */
const ALIGNMENT = 16;
/** More than a tensor, an operator or a buffer takes of a file, on the average. */
const ABOUT = 128;

/** Where something that was written lies, from the end of the file. */
type Offset = number;

/** A field of a table by its number: a scalar, left out where it is its default, or where something written before lies. */
type Field = readonly [number: number, type: 'int8' | 'int32' | 'float32' | 'offset', value: number, absent?: number];

/** The bytes of a file. Throws an OptionError for more than it has room for. */
export function writeTflite(file: TfliteFile): Uint8Array {
  const arrays = [...new Set(file.tensors.flatMap(({ data }) => (data ? [data] : [])))];
  const contents = [
    ...arrays.map((data) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength)),
    ...file.metadata.map(({ data }) => data),
  ];
  const parts = 1 + contents.length + file.tensors.length + file.operators.length;
  const size = contents.reduce((sum, { length }) => sum + length, ABOUT * parts);
  if (size > MOST_FILE_BYTES)
    throw new OptionError(
      `encodeTflite: the network takes about ${size} bytes, but a file is written up to ${MOST_FILE_BYTES}; keep it in a file of encodeModel`,
    );
  return new Writer(new Builder(size)).write(file, arrays, contents);
}

/**
 * Writes from the end of the file to its beginning, so that the constants lie behind what tells of them. Tables and vectors that are equal
 * are there once: tables may share what they point to.
 */
class Writer {
  private readonly known = new Map<string, Offset>();

  constructor(private readonly builder: Builder) {}

  /** `contents`: of the tensors' arrays, then of the metadata. */
  write(file: TfliteFile, arrays: readonly unknown[], contents: readonly Uint8Array[]): Uint8Array {
    // Buffer 0 is empty, by a rule of the format: that of the tensors that are computed.
    const data = [0, ...contents.map((content) => this.bytes(content))];
    const buffers = data.map((offset) => this.table([[0, 'offset', offset]]));
    const bufferOf = new Map(arrays.map((data, index) => [data, 1 + index]));
    const metadata = file.metadata.map(({ name }, index) => this.metadata(name, 1 + arrays.length + index));
    const tensors = file.tensors.map((tensor) => this.tensor(tensor, bufferOf.get(tensor.data) ?? 0));
    const codes: Offset[] = [];
    const operators = file.operators.map((operator) => {
      const code = this.code(operator.operator, lowestVersion(operator, file.tensors));
      if (!codes.includes(code)) codes.push(code);
      return this.operator(operator, codes.indexOf(code));
    });
    const subgraph = this.table([
      [0, 'offset', this.offsets(tensors)],
      [1, 'offset', this.ints(file.inputs)],
      [2, 'offset', this.ints(file.outputs)],
      [3, 'offset', this.offsets(operators)],
    ]);
    const root = this.table([
      [0, 'int32', SCHEMA_VERSION],
      [1, 'offset', this.offsets(codes)],
      [2, 'offset', this.offsets([subgraph])],
      [4, 'offset', this.offsets(buffers)],
      [6, 'offset', metadata.length > 0 ? this.offsets(metadata) : 0],
    ]);
    this.builder.finish(root, FILE_IDENTIFIER);
    return this.builder.asUint8Array().slice();
  }

  private bytes(content: Uint8Array): Offset {
    this.builder.prep(ALIGNMENT, content.length);
    return this.builder.createByteVector(content);
  }

  private metadata(name: string, buffer: number): Offset {
    return this.table([
      [0, 'offset', this.builder.createString(name)],
      [1, 'int32', buffer],
    ]);
  }

  private tensor({ type, shape, quantization }: TfliteTensor, buffer: number): Offset {
    return this.table([
      [0, 'offset', this.ints(shape)],
      [1, 'int8', TENSOR_TYPES[type]],
      [2, 'int32', buffer],
      [4, 'offset', quantization ? this.quantization(quantization) : 0],
    ]);
  }

  private quantization({ scales, zeroPoints, dimension }: Quantization): Offset {
    return this.table([
      [2, 'offset', this.vector(4, scales, (scale) => this.builder.addFloat32(scale))],
      [3, 'offset', this.vector(8, zeroPoints, (zeroPoint) => this.builder.addInt64(BigInt(zeroPoint)))],
      [6, 'int32', dimension],
    ]);
  }

  private code(operator: OperatorName, version: number): Offset {
    const { code } = definitionOf(operator);
    return this.table([
      [0, 'int8', Math.min(code, GREATER_CODES)],
      [2, 'int32', version, 1],
      [3, 'int32', code],
    ]);
  }

  private operator({ operator, inputs, outputs, options }: TfliteOperator, code: number): Offset {
    const { union = 0 } = definitionOf(operator);
    return this.table([
      [0, 'int32', code],
      [1, 'offset', this.ints(inputs)],
      [2, 'offset', this.ints(outputs)],
      [3, 'int8', union],
      [4, 'offset', union === 0 ? 0 : this.options(operator, options)],
    ]);
  }

  private options(operator: OperatorName, options: TfliteOperator['options']): Offset {
    const { fields = {} } = definitionOf(operator);
    return this.table(
      Object.entries(fields).map(([name, [type, absent]], number) => {
        const value = options[name] ?? absent ?? 0;
        if (typeof value !== 'number') return [number, 'offset', this.ints(value)];
        return [number, type === 'byte' ? 'int8' : type === 'float' ? 'float32' : 'int32', value, absent];
      }),
    );
  }

  private table(fields: readonly Field[]): Offset {
    const { builder } = this;
    return this.once(`table ${JSON.stringify(fields)}`, () => {
      builder.startObject(Math.max(0, ...fields.map(([number]) => number + 1)));
      for (const [number, type, value, absent = 0] of fields) {
        if (type === 'offset') builder.addFieldOffset(number, value, 0);
        else if (type === 'float32') builder.addFieldFloat32(number, value, absent);
        else if (type === 'int32') builder.addFieldInt32(number, value, absent);
        else builder.addFieldInt8(number, value, absent);
      }
      return builder.endObject();
    });
  }

  private ints(values: readonly number[]): Offset {
    return this.once(`ints ${values}`, () => this.vector(4, values, (value) => this.builder.addInt32(value)));
  }

  private offsets(values: readonly Offset[]): Offset {
    return this.vector(4, values, (value) => this.builder.addOffset(value));
  }

  private vector(size: number, values: readonly number[], add: (value: number) => void): Offset {
    this.builder.startVector(size, values.length, size);
    for (const value of [...values].reverse()) add(value);
    return this.builder.endVector();
  }

  private once(key: string, write: () => Offset): Offset {
    const offset = this.known.get(key) ?? write();
    this.known.set(key, offset);
    return offset;
  }
}
