import { DataError } from '../core/errors.ts';

/** Whether the bytes begin as a gzip file does (RFC 1952). */
export function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/**
 * Decompresses a gzip file of one member. `limit` bounds the output in bytes, since a small file can expand a thousandfold;
 * `source` names the file in errors. Throws DataError for data that are damaged, truncated, followed by more, or beyond the
 * limit.
 */
export async function gunzip(bytes: Uint8Array, limit: number, source = 'gzip data'): Promise<Uint8Array> {
  if (!isGzip(bytes)) throw new DataError(`${source}: not a gzip file, which begins with the bytes 1f 8b`);
  const chunks: Uint8Array[] = [];
  let length = 0;
  const reader = inPieces(bytes).pipeThrough(new DecompressionStream('gzip')).getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      length += value.length;
      if (length > limit) break;
      chunks.push(value);
    }
  } catch (error) {
    throw new DataError(
      `${source}: the gzip data of ${bytes.length} bytes are damaged or truncated; ${length} bytes came out before ` +
        `the fault${error instanceof Error && error.message ? ` (${error.message})` : ''}. Get the file again`,
    );
  }
  if (length > limit) {
    await reader.cancel().catch(() => undefined);
    throw new DataError(`${source}: the gzip file expands to more than the ${limit} bytes that are allowed here`);
  }
  // Engines differ in what they make of bytes after the first member, so the length it ends with is checked here.
  const declared = new DataView(bytes.buffer, bytes.byteOffset + bytes.length - 4, 4).getUint32(0, true);
  if (declared !== length % 2 ** 32)
    throw new DataError(
      `${source}: the gzip file's last bytes declare a length of ${declared}, but ${length} bytes came out: ` +
        'something follows the compressed data. Get the file again',
    );
  return joined(chunks, length);
}

const PIECE_BYTES = 65536;

/** The bytes as a stream that is read as fast as its consumer goes, so that a limit stops the work early. */
function inPieces(bytes: Uint8Array): ReadableStream<Uint8Array<ArrayBuffer>> {
  let position = 0;
  return new ReadableStream({
    pull(controller) {
      controller.enqueue(bytes.slice(position, position + PIECE_BYTES));
      position += PIECE_BYTES;
      if (position >= bytes.length) controller.close();
    },
  });
}

function joined(chunks: readonly Uint8Array[], length: number): Uint8Array {
  const all = new Uint8Array(length);
  let position = 0;
  for (const chunk of chunks) {
    all.set(chunk, position);
    position += chunk.length;
  }
  return all;
}
