import { promisify } from 'node:util';
import { inflateRaw } from 'node:zlib';
import { DataError } from '../core/errors.ts';
import { crc32 } from '../formats/crc32.ts';
import { readBytes } from './file-error.ts';

/** Whether the bytes begin as a gzip file does (RFC 1952). */
export function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/**
 * Decompresses a gzip file as zlib's `gzread` does: one member after the other, each with its checksum and length verified; what
 * follows the last one and is no member (the zeros of a tape, say) is ignored. `limit` bounds the output in bytes, since a small
 * file can expand a thousandfold; `source` names the file in errors. Throws DataError for data that are damaged, truncated or
 * beyond the limit.
 */
export async function gunzip(bytes: Uint8Array, limit: number, source = 'gzip data'): Promise<Uint8Array> {
  if (!isGzip(bytes)) throw new DataError(`${source}: not a gzip file, which begins with the bytes 1f 8b`);
  const members: Uint8Array[] = [];
  let length = 0;
  for (let rest = bytes; isGzip(rest); ) {
    const member = await readMember(rest, limit - length).catch((error: unknown) => {
      if (isTooLarge(error)) return undefined;
      throw new DataError(
        `${source}: the gzip data of ${bytes.length} bytes are damaged or truncated in the member at byte ` +
          `${bytes.length - rest.length}, after ${length} bytes that are whole (${messageOf(error)}). Get the file again`,
      );
    });
    if (member === undefined || length + member.output.length > limit)
      throw new DataError(`${source}: the gzip file expands to more than the ${limit} bytes that are allowed here`);
    members.push(member.output);
    length += member.output.length;
    rest = rest.subarray(member.end);
  }
  const { buffer, byteOffset } = members.length === 1 ? (members[0] as Uint8Array) : Buffer.concat(members, length);
  return new Uint8Array(buffer, byteOffset, length);
}

const inflated: (data: Uint8Array, options: object) => Promise<{ buffer: Buffer; engine: { bytesWritten: number } }> =
  // With `info`, which its types do not know, it tells how much of its input it used.
  promisify(inflateRaw) as never;

/** The checksum and the length after the compressed data. */
const TRAILER_BYTES = 8;

/** What the first member expands to, and where it ends. Throws an Error that tells what is wrong with it. */
async function readMember(bytes: Uint8Array, limit: number): Promise<{ output: Uint8Array; end: number }> {
  const start = headerBytes(bytes);
  const { buffer: output, engine } = await inflated(bytes.subarray(start), {
    info: true,
    // Zero is not allowed for; the caller checks the length.
    maxOutputLength: Math.max(1, limit),
    chunkSize: 2 ** 20,
  });
  const trailer = start + engine.bytesWritten;
  const end = trailer + TRAILER_BYTES;
  if (end > bytes.length) throw new Error('the file ends inside the trailer');
  const view = new DataView(bytes.buffer, bytes.byteOffset + trailer, TRAILER_BYTES);
  if (view.getUint32(0, true) !== crc32(output)) throw new Error('incorrect checksum');
  if (view.getUint32(4, true) !== output.length % 2 ** 32) throw new Error('incorrect length');
  return { output, end };
}

const HEADER_CRC = 2;
const EXTRA = 4;
const NAME = 8;
const COMMENT = 16;
const KNOWN_FLAGS = 31;
const DEFLATE = 8;

/** The length of a member's header. */
function headerBytes(bytes: Uint8Array): number {
  const at = (position: number): number => {
    const byte = bytes[position];
    if (byte === undefined) throw new Error('the file ends inside the header');
    return byte;
  };
  const afterZero = (position: number): number => {
    let next = position;
    while (at(next++) !== 0);
    return next;
  };
  const flags = at(3);
  let end = 10;
  if (at(2) !== DEFLATE) throw new Error(`unknown compression method ${at(2)}`);
  if ((flags & ~KNOWN_FLAGS) !== 0) throw new Error('unknown header flags');
  if (flags & EXTRA) end += 2 + at(end) + 256 * at(end + 1);
  if (flags & NAME) end = afterZero(end);
  if (flags & COMMENT) end = afterZero(end);
  if (flags & HEADER_CRC) {
    if (at(end) + 256 * at(end + 1) !== (crc32(bytes.subarray(0, end)) & 0xffff)) throw new Error('incorrect header checksum');
    end += 2;
  }
  return end;
}

function isTooLarge(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE';
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** What a gzipped file may expand to: five times MNIST's training images; all of CIFAR-10 is 176 MiB. */
const LIMIT_BYTES = 256 * 2 ** 20;

/** Reads a file, decompressed where it is gzipped, to `limit` bytes at most; `source` names it in errors. Throws DataError. */
export async function readPlainFile(path: string, limit = LIMIT_BYTES): Promise<{ bytes: Uint8Array; source: string }> {
  const bytes = await readBytes(path);
  return isGzip(bytes) ? { bytes: await gunzip(bytes, limit, path), source: `${path}, decompressed` } : { bytes, source: path };
}
