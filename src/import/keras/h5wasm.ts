import { DataError } from '../../core/errors.ts';

export type H5wasm = typeof import('h5wasm');

/** The HDF5 library as WebAssembly, 4 MB, which is loaded when the first file is read. Throws a DataError where it is not installed. */
export async function loadH5wasm(): Promise<H5wasm> {
  const h5wasm = await import('h5wasm').catch((error: unknown) => {
    const why = error instanceof Error ? error.message : String(error);
    throw new DataError(
      `decodeKeras: the package h5wasm, which reads HDF5 files, is not to be loaded (${why}); install it: npm install h5wasm`,
      { cause: error },
    );
  });
  await h5wasm.ready;
  return h5wasm;
}
