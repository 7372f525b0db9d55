import { DataError } from '../../core/errors.ts';
import type { Value } from '../../core/value.ts';
import { ELEMENT_TYPES, type ElementTypeName } from '../../formats/safetensors-types.ts';
import { type H5wasm, loadH5wasm } from './h5wasm.ts';

/** Files that refer to themselves come to an end here. */
const DEEPEST = 24;
const MOST_OBJECTS = 50_000;

/**
 * The datasets of an HDF5 file as float32, by the names that `choose` gives some of their paths ('layers/conv2d/vars/0'). Throws a DataError
 * for a damaged file, for one chosen that holds no numbers, and where they are of more than `mostBytes` together.
 */
export async function readHdf5(
  bytes: Uint8Array,
  mostBytes: number,
  choose: (paths: readonly string[]) => ReadonlyMap<string, string>,
): Promise<Map<string, Value>> {
  const h5wasm = await loadH5wasm();
  // From here on nothing is awaited: no two readings meet.
  return opened(h5wasm, bytes, (file) => {
    const datasets = new Map<string, Dataset>();
    collect(h5wasm, file, '', datasets, { objects: 0, depth: 0 });
    const budget = { bytes: mostBytes };
    return new Map(
      [...choose([...datasets.keys()])].map(([path, name]) => [name, read(h5wasm, path, datasets.get(path) as Dataset, budget)]),
    );
  });
}

type Group = InstanceType<H5wasm['Group']>;
type Dataset = InstanceType<H5wasm['Dataset']>;

const FILE = '/paredown.h5';

function opened<T>(h5wasm: H5wasm, bytes: Uint8Array, use: (file: Group) => T): T {
  const FS = h5wasm.FS as unknown as FileSystem;
  const [errors] = FS.streams.splice(STDERR, 1, FS.open('/dev/null', 'w'));
  try {
    FS.writeFile(FILE, bytes);
    const file = new h5wasm.File(FILE, 'r');
    if (file.file_id < 0n) throw new DataError('decodeKeras: the HDF5 file is damaged or cut short');
    try {
      return use(file);
    } finally {
      file.close();
    }
  } catch (error) {
    if (error instanceof DataError) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new DataError(`decodeKeras: the HDF5 file is damaged: ${why}`, { cause: error });
  } finally {
    if (FS.analyzePath(FILE).exists) FS.unlink(FILE);
    const [silence] = FS.streams.splice(STDERR, 1, errors);
    if (silence) FS.close(silence);
  }
}

/** Emscripten's files in memory; HDF5 writes to the stream `STDERR` whatever it refuses. */
interface FileSystem {
  readonly streams: (object | undefined)[];
  open(path: string, flags: string): object;
  close(stream: object): void;
  writeFile(path: string, bytes: Uint8Array): void;
  unlink(path: string): void;
  analyzePath(path: string): { readonly exists: boolean };
}
const STDERR = 2;

function collect(
  h5wasm: H5wasm,
  group: Group,
  path: string,
  into: Map<string, Dataset>,
  walk: { objects: number; depth: number },
): void {
  if (++walk.depth > DEEPEST) throw new DataError(`decodeKeras: groups lie more than ${DEEPEST} deep: ${path}`);
  for (const name of group.keys()) {
    if (++walk.objects > MOST_OBJECTS)
      throw new DataError(`decodeKeras: the file has more than ${MOST_OBJECTS} groups and datasets`);
    const entity = group.get(name);
    const inner = path === '' ? name : `${path}/${name}`;
    if (entity instanceof h5wasm.Dataset) into.set(inner, entity);
    else if (entity instanceof h5wasm.Group) collect(h5wasm, entity, inner, into, walk);
  }
  walk.depth--;
}

function read({ Module }: H5wasm, path: string, dataset: Dataset, budget: { bytes: number }): Value {
  const { shape, size, type, signed } = dataset.metadata;
  const elementType = typeOf(type, size, signed);
  if (!elementType || !shape) throw new DataError(`decodeKeras: ${path} holds no integers or floats of 16 to 64 bits`);
  const bytes = shape.reduce((product, length) => product * length, size);
  budget.bytes -= bytes;
  if (!(budget.bytes >= 0))
    throw new DataError(`decodeKeras: ${path} of [${shape.join(', ')}] is larger than a file of this size can hold`);
  const at = Module._malloc(Math.max(bytes, 1));
  if (at === 0) throw new DataError(`decodeKeras: there is no memory for ${path}, ${bytes} bytes`);
  try {
    if (Module.get_dataset_data(dataset.file_id, dataset.path, null, null, null, BigInt(at)) < 0)
      throw new DataError(`decodeKeras: ${path} is damaged`);
    const { buffer } = Module.HEAPU8;
    return { shape, data: ELEMENT_TYPES[elementType].read((buffer as ArrayBuffer).slice(at, at + bytes)) };
  } finally {
    Module._free(at);
  }
}

/** HDF5's classes of types. */
const [INTEGER, FLOAT] = [0, 1];

function typeOf(type: number, size: number, signed: boolean): ElementTypeName | undefined {
  if (type === FLOAT) return ({ 2: 'F16', 4: 'F32', 8: 'F64' } as const)[size];
  if (type !== INTEGER) return undefined;
  const integers = signed ? { 1: 'I8', 2: 'I16', 4: 'I32', 8: 'I64' } : { 1: 'U8', 2: 'U16', 4: 'U32', 8: 'U64' };
  return (integers as Readonly<Record<number, ElementTypeName>>)[size];
}
