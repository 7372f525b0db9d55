import type { Dataset } from './dataset.ts';

const hashes = new WeakMap<Dataset, Promise<string>>();

export function datasetHash(data: Dataset): Promise<string> {
  let hash = hashes.get(data);
  if (!hash) {
    hash = hashOf(data);
    hashes.set(data, hash);
  }
  return hash;
}

async function hashOf(data: Dataset): Promise<string> {
  const { size, inputShape, scale, offset, classes, targetShape, x, y, teacherLogits } = data;
  const kinds = [x.constructor.name, y.constructor.name];
  const header = JSON.stringify({ format: 1, size, inputShape, scale, offset, classes, targetShape, kinds });
  const parts = [new TextEncoder().encode(header), await sha256(x), await sha256(y)];
  if (teacherLogits) parts.push(await sha256(teacherLogits));
  const joined = new Uint8Array(parts.reduce((bytes, part) => bytes + part.length, 0));
  let position = 0;
  for (const part of parts) {
    joined.set(part, position);
    position += part.length;
  }
  return hexadecimal(await sha256(joined));
}

async function sha256(array: Uint8Array | Int32Array | Float32Array): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', plainBytes(array)));
}

/** The bytes of a typed array; copied where they are shared between threads, which Web Crypto refuses. */
function plainBytes({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array<ArrayBuffer> {
  return buffer instanceof ArrayBuffer
    ? new Uint8Array(buffer, byteOffset, byteLength)
    : new Uint8Array(new Uint8Array(buffer, byteOffset, byteLength));
}

function hexadecimal(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
