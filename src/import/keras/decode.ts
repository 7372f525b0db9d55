import { DataError } from '../../core/errors.ts';
import type { Value } from '../../core/value.ts';
import { weightsInArchive } from './archive.ts';
import { readHdf5 } from './hdf5.ts';
import { weightNames } from './names.ts';

export interface DecodedKeras {
  /** By names such as `conv2d_1/kernel` (HDF5 files of Keras 2) or `conv2d_1/0` (those of Keras 3). */
  readonly tensors: ReadonlyMap<string, Value>;
}

/** Weights hardly compress, and Keras leaves it be; a damaged file may tell any size. */
const MOST_UNPACKED = 16;

export async function decodeKeras(bytes: Uint8Array): Promise<DecodedKeras> {
  const mostBytes = bytes.length * MOST_UNPACKED;
  const file = isArchive(bytes) ? await weightsInArchive(bytes, mostBytes) : checkedHdf5(bytes);
  const tensors = await readHdf5(file, mostBytes, weightNames);
  if (tensors.size === 0) throw new DataError('decodeKeras: the file has no weights of layers');
  return { tensors };
}

const isArchive = (bytes: Uint8Array) => String.fromCharCode(...bytes.subarray(0, 4)) === 'PK\x03\x04';

function checkedHdf5(bytes: Uint8Array): Uint8Array {
  if (String.fromCharCode(...bytes.subarray(0, 8)) === '\x89HDF\r\n\x1a\n') return bytes;
  throw new DataError('decodeKeras: the bytes are neither a .keras file, which is a zip archive, nor an HDF5 file (.h5)');
}
