import { fromBfloat16, fromHalf } from '../core/half.ts';

interface ElementType {
  readonly bytes: number;
  /** The elements, little-endian, as float32: exactly, or the nearest. */
  read(buffer: ArrayBuffer): Float32Array<ArrayBuffer>;
}

const numbers = (bytes: number, view: new (buffer: ArrayBuffer) => ArrayLike<number>): ElementType => ({
  bytes,
  read: (buffer) => Float32Array.from(new view(buffer)),
});
const longs = (view: new (buffer: ArrayBuffer) => ArrayLike<bigint>): ElementType => ({
  bytes: 8,
  read: (buffer) => Float32Array.from(new view(buffer) as ArrayLike<unknown> as ArrayLike<number>, Number),
});

/** The element types of safetensors that have a meaning as numbers; 8 bits of a float are read by nobody alike. */
export const ELEMENT_TYPES = {
  F32: { bytes: 4, read: (buffer) => new Float32Array(buffer) },
  F64: numbers(8, Float64Array),
  F16: { bytes: 2, read: (buffer) => fromHalf(new Uint16Array(buffer)) },
  BF16: { bytes: 2, read: (buffer) => fromBfloat16(new Uint16Array(buffer)) },
  I64: longs(BigInt64Array),
  U64: longs(BigUint64Array),
  I32: numbers(4, Int32Array),
  U32: numbers(4, Uint32Array),
  I16: numbers(2, Int16Array),
  U16: numbers(2, Uint16Array),
  I8: numbers(1, Int8Array),
  U8: numbers(1, Uint8Array),
  BOOL: numbers(1, Uint8Array),
} as const satisfies Readonly<Record<string, ElementType>>;

export type ElementTypeName = keyof typeof ELEMENT_TYPES;

export function isElementType(name: unknown): name is ElementTypeName {
  return typeof name === 'string' && Object.hasOwn(ELEMENT_TYPES, name);
}
