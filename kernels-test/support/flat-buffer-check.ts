import { OPERATORS } from '../../src/export/tflite/schema.ts';

/** What a field holds: a scalar or a vector's elements by their bytes, a string, or other tables. */
type Kind =
  | { readonly scalar: 1 | 4 }
  | { readonly vector: 1 | 4 | 8; readonly alignment: number }
  | { readonly text: true }
  | { readonly table: Schema }
  | { readonly tables: Schema }
  /** A table whose schema the scalar of the field before tells. */
  | { readonly union: ReadonlyMap<number, Schema> };
/** Fields by their numbers. */
type Schema = Readonly<Record<number, Kind>>;

const byte: Kind = { scalar: 1 };
const int: Kind = { scalar: 4 };
const ints: Kind = { vector: 4, alignment: 4 };

const kinds = { byte, int, float: int, ints };
interface Definition {
  readonly code: number;
  readonly union?: number;
  readonly fields?: Readonly<Record<string, readonly [kind: keyof typeof kinds, absent?: number]>>;
}
const definitions: readonly Definition[] = Object.values(OPERATORS);
const options = new Map(
  definitions.map(({ union = 0, fields = {} }): [number, Schema] => [union, Object.values(fields).map(([kind]) => kinds[kind])]),
);
const quantization: Schema = { 2: ints, 3: { vector: 8, alignment: 8 }, 6: int };
const subgraph: Schema = {
  0: { tables: { 0: ints, 1: byte, 2: int, 4: { table: quantization } } },
  1: ints,
  2: ints,
  3: { tables: { 0: int, 1: ints, 2: ints, 3: byte, 4: { union: options } } },
};
const model: Schema = {
  0: int,
  1: { tables: { 0: byte, 2: int, 3: int } },
  2: { tables: subgraph },
  4: { tables: { 0: { vector: 1, alignment: 16 } } },
  6: { tables: { 0: { text: true }, 1: int } },
};

/** Throws unless each table, vtable, vector and string of a TensorFlow Lite file lies in it as FlatBuffers asks, and nothing between. */
export function checkFlatBuffer(bytes: Uint8Array): void {
  new Check(bytes).run();
}

class Check {
  private readonly view: DataView;
  /** What was met, by where it begins: where it ends. */
  private readonly pieces = new Map<number, number>();

  constructor(bytes: Uint8Array) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  run(): void {
    this.piece(0, 8, 4);
    this.table(this.target(0), model);
    let last = 0;
    for (const [begin, end] of [...this.pieces].sort(([a], [b]) => a - b)) {
      if (begin < last) throw new Error(`What begins at ${begin} lies in what ends at ${last}`);
      if (begin - last >= 16) throw new Error(`${begin - last} bytes from ${last} on are of nothing`);
      for (let at = last; at < begin; at++) if (this.view.getUint8(at) !== 0) throw new Error(`The byte ${at} of a gap is not 0`);
      last = end;
    }
    if (last !== this.view.byteLength) throw new Error(`The file goes on after ${last}`);
  }

  private table(position: number, schema: Schema): void {
    this.within(position, 4, 4);
    const vtable = position - this.view.getInt32(position, true);
    this.within(vtable, 4, 2);
    const [length, size] = [this.view.getUint16(vtable, true), this.view.getUint16(vtable + 2, true)];
    if (length < 4 || length % 2 !== 0) throw new Error(`The vtable at ${vtable} has ${length} bytes`);
    if (size < 4) throw new Error(`The table at ${position} has ${size} bytes`);
    this.piece(vtable, length, 2);
    this.piece(position, size, 4);
    let before = 0;
    for (let field = 0; field < (length - 4) / 2; field++) {
      const offset = this.view.getUint16(vtable + 4 + 2 * field, true);
      if (offset === 0) continue;
      const kind = schema[field];
      if (!kind) throw new Error(`The table at ${position} has a field ${field} that it can't have`);
      const width = 'scalar' in kind ? kind.scalar : 4;
      if (offset < 4 || offset + width > size) throw new Error(`The field ${field} lies outside of the table at ${position}`);
      this.within(position + offset, width, width);
      this.field(position + offset, kind, before);
      if ('scalar' in kind) before = this.view.getUint8(position + offset);
    }
  }

  private field(at: number, kind: Kind, before: number): void {
    if ('scalar' in kind) return;
    const target = this.target(at);
    if ('table' in kind) this.table(target, kind.table);
    else if ('union' in kind) this.table(target, kind.union.get(before) ?? {});
    else if ('tables' in kind)
      for (let element = this.vector(target, 4, 4); element < this.endOf(target); element += 4)
        this.table(this.target(element), kind.tables);
    else if ('vector' in kind) this.vector(target, kind.vector, kind.alignment);
    else if (this.view.getUint8(this.vector(target, 1, 4, 1) + this.view.getUint32(target, true)) !== 0)
      throw new Error(`The string at ${target} does not end in 0`);
  }

  /** Where its first element lies. */
  private vector(position: number, elementBytes: number, alignment: number, more = 0): number {
    this.within(position, 4, 4);
    const count = this.view.getUint32(position, true);
    this.within(position + 4, count * elementBytes, alignment);
    this.piece(position, 4 + count * elementBytes + more, 4);
    return position + 4;
  }

  private endOf(position: number): number {
    return this.pieces.get(position) ?? position;
  }

  private target(at: number): number {
    const offset = this.view.getUint32(at, true);
    if (offset < 4) throw new Error(`The offset at ${at} is ${offset}`);
    return at + offset;
  }

  private piece(begin: number, length: number, alignment: number): void {
    this.within(begin, length, alignment);
    const known = this.pieces.get(begin);
    if (known !== undefined && known !== begin + length) throw new Error(`What begins at ${begin} is not of one length`);
    this.pieces.set(begin, begin + length);
  }

  private within(begin: number, length: number, alignment: number): void {
    if (begin < 0 || begin + length > this.view.byteLength)
      throw new Error(`${length} bytes at ${begin} lie outside of the file`);
    if (begin % alignment !== 0) throw new Error(`What lies at ${begin} is not aligned to ${alignment}`);
  }
}
