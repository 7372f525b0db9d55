import { DataError } from '../core/errors.ts';
import { crc32 } from './crc32.ts';

/** What stands in the metadata, first of all keys, until the checksum is known. */
export const UNSEALED = '00000000';

const ascii = (text: string) => new TextEncoder().encode(text);
const BEGIN = /* @__PURE__ */ ascii('{"__metadata__":{"crc32":"');
const POSITION = 8 + BEGIN.length;
const END = POSITION + UNSEALED.length;

/**
 * Writes the CRC-32 of the whole file, taken with `UNSEALED` in its place, into the file's metadata, in place.
 * Damage is accidental, so a CRC is enough; a SHA-256 in JavaScript takes a second or more for 40 MB.
 */
export function seal(bytes: Uint8Array): void {
  bytes.set(ascii(checksum(bytes)), POSITION);
}

/** Throws a DataError unless every byte is as it was when the file was sealed. */
export function checkSeal(bytes: Uint8Array): void {
  if (!BEGIN.every((byte, index) => bytes[8 + index] === byte))
    throw new DataError(`The file's checksum is missing: its header must begin with the metadata key 'crc32'`);
  const written = new TextDecoder().decode(bytes.subarray(POSITION, END));
  const found = checksum(bytes);
  if (written !== found)
    throw new DataError(`The file is damaged: its CRC-32 is ${found}, but ${written} was written into it at offset ${POSITION}`);
}

function checksum(bytes: Uint8Array): string {
  const before = crc32(ascii(UNSEALED), crc32(bytes.subarray(0, POSITION)));
  return crc32(bytes.subarray(END), before).toString(16).padStart(8, '0');
}
