import { DataError } from '../core/errors.ts';

const BLOCK = 512;

/** Fields of a header: where they begin, and how long they are, in bytes. */
const NAME = [0, 100] as const;
const SIZE = [124, 12] as const;
const CHECKSUM = [148, 8] as const;
const TYPE = 156;

/**
 * The regular files of a tar archive (POSIX.1-1988 ustar and what came before it), by name, as views on `bytes`. What else an
 * archive holds, such as folders, links and extended headers, is passed over; so a name of more than 100 characters is cut off.
 * `source` names the archive in errors. Throws DataError for a header that is damaged and for an archive that ends too early.
 */
export function tarFiles(bytes: Uint8Array, source = 'tar data'): ReadonlyMap<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  let position = 0;
  while (position < bytes.length) {
    const header = bytes.subarray(position, position + BLOCK);
    // The archive ends with blocks of zeros.
    if (header.every((byte) => byte === 0)) return files;
    if (header.length < BLOCK || checksum(header) !== octal(header, CHECKSUM))
      throw new DataError(
        `${source}, byte ${position}: expected the header of a file in a tar archive, 512 bytes with their checksum; ` +
          'the archive is damaged or is none. Get it again',
      );
    const size = octal(header, SIZE);
    const start = position + BLOCK;
    const name = text(header, NAME);
    if (!(start + size <= bytes.length))
      throw new DataError(
        `${source}, byte ${position}: ${name} has ${size} bytes, but the archive ends ${bytes.length - start} bytes after its ` +
          'header; it is truncated. Get it again',
      );
    if (header[TYPE] === 0 || header[TYPE] === REGULAR) files.set(name, bytes.subarray(start, start + size));
    position = start + BLOCK * Math.ceil(size / BLOCK);
  }
  return files;
}

/** The type '0'; archives older than POSIX have a zero byte there. */
const REGULAR = 0x30;

/** The sum of a header's bytes, its checksum taken as spaces. */
function checksum(header: Uint8Array): number {
  const [from, length] = CHECKSUM;
  return header.reduce((sum, byte, index) => sum + (index >= from && index < from + length ? 0x20 : byte), 0);
}

function octal(header: Uint8Array, field: readonly [number, number]): number {
  const digits = text(header, field).trim();
  return /^[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : Number.NaN;
}

function text(header: Uint8Array, [from, length]: readonly [number, number]): string {
  const field = header.subarray(from, from + length);
  const end = field.indexOf(0);
  return new TextDecoder().decode(end < 0 ? field : field.subarray(0, end));
}
