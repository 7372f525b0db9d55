import { fromBase64 } from '../../../core/base64.ts';
import type { ExportGraph } from '../../../deploy/operations.ts';
import type { IntegerGraph } from '../../../quantize/integer-graph.ts';
import type { Content } from '../content.ts';

/** The graph as it was before `packed`: tensors are the same objects wherever they are named. */
export function unpacked(content: Content): ExportGraph | IntegerGraph {
  const { graph, tensors } = content;
  const arrays = {
    floats: new Float32Array(bufferOf(content.floats)),
    bytes: new Int8Array(bufferOf(content.bytes)),
    words: new Int32Array(bufferOf(content.words)),
  };
  const read = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(read);
    if (typeof value !== 'object' || value === null) return value;
    if ('tensor' in value) return tensors[value.tensor as number];
    for (const [kind, array] of Object.entries(arrays))
      if (kind in value) return array.subarray(...((value as Record<string, unknown>)[kind] as [number, number]));
    return Object.fromEntries(
      Object.entries(value).map(([key, own]) => [key, key === 'multipliers' ? pairs(read(own)) : read(own)]),
    );
  };
  return read(graph) as ExportGraph | IntegerGraph;
}

function bufferOf(text: string): ArrayBuffer {
  const bytes = fromBase64(text) ?? new Uint8Array();
  // Every machine that has a browser is little-endian.
  return bytes.buffer as ArrayBuffer;
}

function pairs(words: unknown) {
  const numbers = words as Int32Array;
  return Array.from({ length: numbers.length / 2 }, (_, k) => ({ multiplier: numbers[2 * k], shift: numbers[2 * k + 1] }));
}
