import { ByteBuffer } from 'flatbuffers';

/** What a TensorFlow Lite file says of itself, read by the schema's numbers apart from the writer's. */
export interface ReadTflite {
  readonly identifier: string;
  readonly schema: number;
  readonly tensors: readonly {
    shape: number[];
    type: number;
    buffer: number;
    named: boolean;
    scales: number[];
    zeroPoints: number[];
  }[];
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  readonly operators: readonly { code: number; oldCode: number; version: number; inputs: number[]; outputs: number[] }[];
  /** Where the constants lie. */
  readonly buffers: readonly { readonly begin: number; readonly length: number }[];
  readonly metadata: ReadonlyMap<string, string>;
}

export function readTflite(bytes: Uint8Array): ReadTflite {
  const buffer = new ByteBuffer(bytes);
  const root = new Table(buffer, buffer.readInt32(0));
  const [subgraph] = root.tables(2);
  const [, ...others] = root.tables(2);
  if (!subgraph || others.length > 0) throw new Error('The file has not one subgraph');
  const codes = root.tables(1).map((code) => ({ oldCode: code.int8(0), version: code.int32(2, 1), code: code.int32(3) }));
  const buffers = root.tables(4).map((table) => table.vector(0));
  return {
    identifier: new TextDecoder().decode(bytes.subarray(4, 8)),
    schema: root.int32(0),
    tensors: subgraph.tables(0).map((tensor) => ({
      shape: tensor.ints(0),
      type: tensor.int8(1),
      buffer: tensor.int32(2),
      named: tensor.at(3) !== 0,
      scales: tensor.table(4)?.floats(2) ?? [],
      zeroPoints: tensor.table(4)?.longs(3) ?? [],
    })),
    inputs: subgraph.ints(1),
    outputs: subgraph.ints(2),
    operators: subgraph.tables(3).map((operator) => {
      const code = codes[operator.int32(0)];
      if (!code) throw new Error('An operator has a code that the file has not');
      return { ...code, inputs: operator.ints(1), outputs: operator.ints(2) };
    }),
    buffers,
    metadata: new Map(
      root.tables(6).map((entry) => {
        const { begin, length } = buffers[entry.int32(1)] ?? { begin: 0, length: 0 };
        return [entry.text(0), new TextDecoder().decode(bytes.subarray(begin, begin + length))];
      }),
    ),
  };
}

class Table {
  constructor(
    private readonly buffer: ByteBuffer,
    private readonly position: number,
  ) {}

  /** Where a field lies; 0 for one that is left out. */
  at(field: number): number {
    const offset = this.buffer.__offset(this.position, 4 + 2 * field);
    return offset === 0 ? 0 : this.position + offset;
  }

  int8(field: number): number {
    return this.at(field) ? this.buffer.readInt8(this.at(field)) : 0;
  }

  int32(field: number, absent = 0): number {
    return this.at(field) ? this.buffer.readInt32(this.at(field)) : absent;
  }

  vector(field: number): { begin: number; length: number } {
    if (!this.at(field)) return { begin: 0, length: 0 };
    return { begin: this.buffer.__vector(this.at(field)), length: this.buffer.__vector_len(this.at(field)) };
  }

  ints(field: number): number[] {
    return this.each(field, 4, (at) => this.buffer.readInt32(at));
  }

  floats(field: number): number[] {
    return this.each(field, 4, (at) => this.buffer.readFloat32(at));
  }

  longs(field: number): number[] {
    return this.each(field, 8, (at) => Number(this.buffer.readInt64(at)));
  }

  text(field: number): string {
    return String(this.buffer.__string(this.at(field)));
  }

  table(field: number): Table | undefined {
    return this.at(field) ? new Table(this.buffer, this.buffer.__indirect(this.at(field))) : undefined;
  }

  tables(field: number): Table[] {
    return this.each(field, 4, (at) => new Table(this.buffer, this.buffer.__indirect(at)));
  }

  private each<T>(field: number, size: number, read: (at: number) => T): T[] {
    const { begin, length } = this.vector(field);
    return Array.from({ length }, (_, index) => read(begin + index * size));
  }
}
