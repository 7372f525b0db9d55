import { DataError } from '../../core/errors.ts';
import { crc32 } from '../../formats/crc32.ts';

const WEIGHTS = 'model.weights.h5';

const MOST_FILES = 10_000;

/** The HDF5 file in a `.keras` file. Throws a DataError for a damaged one, one without, and one of more bytes. */
export async function weightsInArchive(bytes: Uint8Array, mostBytes: number): Promise<Uint8Array> {
  const { unzipSync } = await import('fflate');
  const names: string[] = [];
  const filter = ({ name, originalSize }: { name: string; originalSize: number }) => {
    if (names.push(name) > MOST_FILES) throw new DataError(`decodeKeras: the archive has more than ${MOST_FILES} files`);
    if (name !== WEIGHTS) return false;
    if (originalSize <= mostBytes) return true;
    throw new DataError(`decodeKeras: ${WEIGHTS} of ${originalSize} bytes is larger than an archive of this size can hold`);
  };
  const weights = unpacked(() => unzipSync(bytes, { filter })[WEIGHTS]);
  if (!weights)
    throw new DataError(`decodeKeras: the archive has no ${WEIGHTS}; it has ${names.slice(0, 12).join(', ') || 'nothing'}`);
  if (!checksums(bytes).includes(crc32(weights))) throw new DataError(`decodeKeras: ${WEIGHTS} in the archive is damaged`);
  return weights;
}

function unpacked<T>(unpack: () => T): T {
  try {
    return unpack();
  } catch (error) {
    if (error instanceof DataError) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new DataError(`decodeKeras: the archive is damaged: ${why}`, { cause: error });
  }
}

/** What the directory of the archive tells of the weights; a file that is found twice may have two. */
function checksums(bytes: Uint8Array): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found: number[] = [];
  for (let at = bytes.indexOf(0x50); at >= 0 && at + ENTRY + WEIGHTS.length <= bytes.length; at = bytes.indexOf(0x50, at + 1)) {
    if (view.getUint32(at) !== SIGNATURE || view.getUint16(at + 28, true) !== WEIGHTS.length) continue;
    const name = bytes.subarray(at + ENTRY, at + ENTRY + WEIGHTS.length);
    if (String.fromCharCode(...name) === WEIGHTS) found.push(view.getUint32(at + 16, true));
  }
  return found;
}

/** 'PK' 1 2, and the bytes before the name. */
const SIGNATURE = 0x50_4b_01_02;
const ENTRY = 46;
