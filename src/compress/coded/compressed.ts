import { isRecord, refuseUnknown } from '../../core/arguments.ts';
import { DataError, OptionError } from '../../core/errors.ts';
import { shown } from '../../core/shown.ts';
import type { InputDescription } from '../../data/input-description.ts';
import { crc32 } from '../../formats/crc32.ts';
import { inputOf } from '../../formats/kind.ts';
import type { Model } from '../../model/types.ts';
import { checkWeights, type Weights } from '../../model/weights.ts';
import { dequantizedWeights } from '../../quantize/dequantized.ts';
import type { QuantizedModel } from '../../quantize/types.ts';
import { type CompressedContent, codeContent } from './content.ts';
import type { CompressedPart, PartEnded } from './parts.ts';
import { RangeDecoder } from './range-decoder.ts';
import { RangeEncoder } from './range-encoder.ts';

// A file: a byte that no text and no other model begins with, the version, 24 bits of a CRC-32 of these two and of what follows, and
// one range-coded stream: the model, what it takes, what else is told, and the numbers of each parameter.
const MAGIC = 0xcf;
/** Of all but networks in integers whose sums are rounded once: those of before round twice. */
const VERSION = 1;
const ROUNDED_ONCE = 2;
const HEAD_BYTES = 5;

/** Elements that a byte may stand for: what the least cost of a bit (bit-model.ts) allows, and some. */
const ELEMENTS_PER_BYTE = 6000;

export interface CompressedOptions {
  /** What the model takes and what its classes are called [left out, since it takes bytes]. */
  readonly input?: InputDescription;
  /** What else is to be told of it, as JSON keeps it [nothing]. */
  readonly about?: Readonly<Record<string, unknown>>;
}

export function encodeCompressed(model: Model, weights: Weights, options: CompressedOptions = {}): Uint8Array {
  checkWeights(model, weights);
  return encoded({ model, weights }, options);
}

export function encodeCompressedIntegers(quantized: QuantizedModel, options: CompressedOptions = {}): Uint8Array {
  return encoded({ model: quantized.model, weights: dequantizedWeights(quantized), quantized }, options);
}

function encoded(content: CompressedContent, options: CompressedOptions): Uint8Array {
  const { input, about } = options;
  refuseUnknown('encodeCompressed', options, ['input', 'about']);
  if (about !== undefined && !isRecord(about))
    throw new OptionError(`encodeCompressed: about must be an object, got ${shown(about)}`);
  const coder = new RangeEncoder();
  codeContent(coder, Number.POSITIVE_INFINITY, {
    ...content,
    ...(input !== undefined && { input: inputOf('encodeCompressed: input', input, content.model) }),
    ...(about !== undefined && { about }),
  });
  const stream = coder.end();
  const bytes = new Uint8Array(HEAD_BYTES + stream.length);
  bytes.set([MAGIC, hasSums(content) && content.quantized?.rounding === undefined ? ROUNDED_ONCE : VERSION]);
  bytes.set(stream, HEAD_BYTES);
  bytes.set(checksum(bytes), 2);
  return bytes;
}

/** Whether a file begins as compressed ones do. */
export function isCompressed(bytes: Uint8Array): boolean {
  return bytes[0] === MAGIC;
}

export function decodeCompressed(bytes: Uint8Array): CompressedContent {
  const content = decoded(bytes, (coder, most) => codeContent(coder, most, undefined));
  const { quantized } = content;
  if (!quantized || !hasSums(content) || bytes[1] === ROUNDED_ONCE) return content;
  return { ...content, quantized: { ...quantized, rounding: 'twice' } };
}

/** Whether it computes in integers. */
function hasSums({ quantized }: CompressedContent): boolean {
  return quantized !== undefined && quantized.bits.activations !== 'float';
}

export function compressedParts(bytes: Uint8Array): CompressedPart[] {
  if (!isCompressed(bytes))
    throw new DataError('compressedParts: the bytes are no compressed model; give what encodeCompressed returned');
  const parts: CompressedPart[] = [];
  let before = 0;
  decoded(bytes, (coder, most) => {
    const ended: PartEnded = (name, tensor) => {
      const read = coder.bitsRead;
      parts.push({ name, bytes: (read - before) / 8, ...tensor });
      before = read;
    };
    before = coder.bitsRead;
    return codeContent(coder, most, undefined, ended);
  });
  // What the stream rounds up to whole bytes counts as the header's.
  const header = bytes.length - parts.reduce((sum, part) => sum + part.bytes, 0);
  return [{ name: 'header', bytes: header }, ...parts];
}

function decoded<T>(bytes: Uint8Array, read: (coder: RangeDecoder, most: number) => T): T {
  if (bytes.length < HEAD_BYTES)
    throw new DataError(`compressed model: ${bytes.length} bytes are too few; the file is truncated`);
  if (bytes[1] !== VERSION && bytes[1] !== ROUNDED_ONCE)
    throw new DataError(
      `compressed model: it is of version ${bytes[1]}, this program reads versions ${VERSION} and ${ROUNDED_ONCE}; use a later one`,
    );
  if (checksum(bytes).some((byte, at) => byte !== bytes[2 + at]))
    throw new DataError('compressed model: its checksum is wrong; the file is damaged');
  const coder = new RangeDecoder(bytes.subarray(HEAD_BYTES));
  const found = read(coder, ELEMENTS_PER_BYTE * bytes.length);
  coder.end();
  return found;
}

function checksum(bytes: Uint8Array): number[] {
  const sum = crc32(bytes.subarray(HEAD_BYTES), crc32(bytes.subarray(0, 2)));
  return [(sum >>> 16) & 255, (sum >>> 8) & 255, sum & 255];
}
