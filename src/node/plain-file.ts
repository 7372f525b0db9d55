import { readBytes } from './file-error.ts';
import { gunzip, isGzip } from './gunzip.ts';

/** What a gzipped file may expand to: five times MNIST's training images; all of CIFAR-10 is 176 MiB. */
const LIMIT_BYTES = 256 * 2 ** 20;

/** Reads a file, decompressed where it is gzipped, to `limit` bytes at most; `source` names it in errors. Throws DataError. */
export async function readPlainFile(path: string, limit = LIMIT_BYTES): Promise<{ bytes: Uint8Array; source: string }> {
  const bytes = await readBytes(path);
  return isGzip(bytes) ? { bytes: await gunzip(bytes, limit, path), source: `${path}, decompressed` } : { bytes, source: path };
}
