import { fromBinary } from '@bufbuild/protobuf';
import { ModelProtoSchema } from '../../src/formats/onnx/onnx_pb.ts';
import type { Value } from '../../src/node.ts';
import { noise } from './onnx-graph.ts';

/** The floats of an ONNX file in the order of its weights, as PyTorch keeps them, under these names. */
export function stateDict(onnx: Uint8Array, names: readonly string[]): Map<string, Value> {
  const weights = fromBinary(ModelProtoSchema, onnx).graph?.initializer.filter(({ dataType }) => dataType === 1) ?? [];
  return new Map(
    weights.map(({ dims, rawData }, index) => [
      names[index] ?? `further.${index}`,
      { shape: dims.map(Number), data: new Float32Array(rawData.slice().buffer) },
    ]),
  );
}

interface Tensor {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

/** A container as the Rust library writes it: whatever is to be written, in this order. */
export function safetensorsOf(tensors: Readonly<Record<string, Tensor>>): Uint8Array {
  let end = 0;
  const header = Object.fromEntries(
    Object.entries(tensors).map(([name, { dtype, shape, bytes }]) => {
      const begin = end;
      end += bytes.length;
      return [name, { dtype, shape, data_offsets: [begin, end] }];
    }),
  );
  const json = new TextEncoder().encode(JSON.stringify({ __metadata__: { format: 'pt' }, ...header }));
  const file = new Uint8Array(8 + json.length + end);
  new DataView(file.buffer).setBigUint64(0, BigInt(json.length), true);
  file.set(json, 8);
  let at = 8 + json.length;
  for (const { bytes } of Object.values(tensors)) {
    file.set(bytes, at);
    at += bytes.length;
  }
  return file;
}

/** The upper halves of float32 numbers, cut off. */
export const bfloat16 = (values: readonly number[]): Uint8Array =>
  new Uint8Array(Uint16Array.from(new Uint32Array(Float32Array.from(values).buffer), (bits) => bits >>> 16).buffer);

/** A PyTorch file of several element types. */
export function torchSafetensors(): Uint8Array {
  return safetensorsOf({
    'bn.num_batches_tracked': { dtype: 'I64', shape: [], bytes: new Uint8Array(BigInt64Array.of(7n).buffer) },
    'bn.weight': { dtype: 'F32', shape: [3], bytes: new Uint8Array(Float32Array.of(1, 2, 3).buffer) },
    // 1, -2 and 0.5 as IEEE 754 halves.
    'conv.bias': { dtype: 'F16', shape: [3], bytes: new Uint8Array(Uint16Array.of(0x3c00, 0xc000, 0x3800).buffer) },
    'conv.weight': { dtype: 'BF16', shape: [3, 1, 2, 2], bytes: bfloat16(noise(12, 1)) },
    'fc.weight': { dtype: 'F64', shape: [2], bytes: new Uint8Array(Float64Array.of(0.1, -1e300).buffer) },
  });
}
