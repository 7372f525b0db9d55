import { LIMITS } from './file-kinds.ts';
import { type IdxFile, MNIST_NAMES } from './idx-splits.ts';

/** The bytes of a file, decompressed where it is gzipped. Throws an Error where that comes to more than is read here. */
export async function readIdxFile(name: string, blob: Blob): Promise<IdxFile> {
  const [first, second] = new Uint8Array(await blob.slice(0, 2).arrayBuffer());
  const plain = name.replace(/\.gz$/i, '');
  if (first !== 0x1f || second !== 0x8b) return { name: plain, bytes: new Uint8Array(await blob.arrayBuffer()) };
  try {
    return { name: plain, bytes: await collected(blob.stream().pipeThrough(new DecompressionStream('gzip'))) };
  } catch (error) {
    if (error instanceof RangeError) throw new Error(`${name}: ${error.message}`);
    throw new Error(`${name}: is no whole gzip file; it may be cut or damaged. Get it again.`);
  }
}

async function collected(stream: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of stream) {
    length += piece.length;
    if (length > LIMITS.idxBytes)
      throw new RangeError(`unpacks to more than ${LIMITS.idxBytes / 2 ** 20} MiB, which is not read here.`);
    pieces.push(piece);
  }
  const bytes = new Uint8Array(length);
  let position = 0;
  for (const piece of pieces) {
    bytes.set(piece, position);
    position += piece.length;
  }
  return bytes;
}

/** MNIST's four files from below an address, gzipped as they are published, or plain. Throws an Error that says what the server did. */
export async function fetchMnist(base: string, progress: (done: number, of: number) => void): Promise<IdxFile[]> {
  const folder = addressOf(base);
  const files: IdxFile[] = [];
  for (const name of MNIST_NAMES) {
    progress(files.length, MNIST_NAMES.length);
    const blob = (await fetched(new URL(`${name}.gz`, folder))) ?? (await fetched(new URL(name, folder)));
    if (!blob)
      throw new Error(`${new URL(`${name}.gz`, folder)}: there is no such file (404), nor one without .gz. Is this the folder?`);
    files.push(await readIdxFile(name, blob));
  }
  return files;
}

function addressOf(text: string): URL {
  const trimmed = text.trim();
  const url = URL.parse(trimmed.endsWith('/') ? trimmed : `${trimmed}/`);
  if (!url || !/^https?:$/.test(url.protocol))
    throw new Error('Give the address of the folder that the four files lie in, such as https://example.org/mnist/.');
  return url;
}

/** undefined where there is no such file. */
async function fetched(url: URL): Promise<Blob | undefined> {
  const response = await fetch(url, { signal: AbortSignal.timeout(120_000) }).catch((error: unknown) => {
    if (error instanceof DOMException && error.name === 'TimeoutError') throw new Error(`${url}: no answer within two minutes.`);
    throw new Error(
      `${url}: could not be read. Either nothing answers there, or its server does not allow other pages to read it (CORS: it would have to ` +
        'send Access-Control-Allow-Origin). Download the four files and drop them here instead.',
    );
  });
  if (response.status === 404) return undefined;
  if (!response.ok) throw new Error(`${url}: the server answers ${response.status} ${response.statusText}.`);
  const length = Number(response.headers.get('content-length') ?? 0);
  if (length > LIMITS.idxBytes) throw new Error(`${url}: has ${length} bytes, more than is read here.`);
  return response.blob();
}
