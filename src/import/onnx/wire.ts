import type { DescMessage } from '@bufbuild/protobuf';
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { DataError } from '../../core/errors.ts';
import { ModelProtoSchema } from '../../formats/onnx/onnx_pb.ts';

/** A message takes two bytes in a file and some hundred in memory: more than 5,000 nodes have are read of files of their size alone. */
const MOST_MESSAGES = 100_000;
/** A message within a message within ...: models end at eight, or at some more inside of control flow. */
const MOST_DEPTH = 32;
/** Integers of 64 bits become numbers of any length, of which each takes some thirty bytes in memory; weights are hardly ever of them. */
const MOST_LONG_BYTES = 2 ** 22;

/** Throws a DataError for a file whose messages, decoded, would take memory beyond a small multiple of its own size, before they do. */
export function checkWire(bytes: Uint8Array): void {
  const reader = new BinaryReader(bytes);
  const open: { readonly type: DescMessage; readonly end: number }[] = [{ type: ModelProtoSchema, end: bytes.length }];
  const most = MOST_MESSAGES + bytes.length / 64;
  let messages = 0;
  let longBytes = 0;
  for (let current = open.at(-1); current; current = open.at(-1)) {
    if (reader.pos >= current.end) {
      if (reader.pos > current.end) throw new DataError('onnx: the file is truncated, or of another kind');
      open.pop();
      continue;
    }
    const [number, wireType] = reader.tag();
    const field = current.type.fields.find((known) => known.number === number);
    if (field?.message && wireType === WireType.LengthDelimited) {
      const length = reader.uint32();
      if (reader.pos + length > current.end) throw new DataError('onnx: the file is truncated, or of another kind');
      if (++messages > most || open.length >= MOST_DEPTH)
        throw new DataError(
          `onnx: the file holds more messages than a network needs (${Math.floor(most)}, ${MOST_DEPTH} deep); it is damaged or made to use up memory`,
        );
      open.push({ type: field.message, end: reader.pos + length });
      continue;
    }
    const begin = reader.pos;
    reader.skip(wireType, number);
    if (field?.name === 'int64_data' || field?.name === 'uint64_data' || field?.name === 'dims' || field?.name === 'ints') {
      longBytes += reader.pos - begin;
      if (longBytes > MOST_LONG_BYTES)
        throw new DataError(
          `onnx: the file holds more than ${MOST_LONG_BYTES} bytes of integers of 64 bits as a list; store large tensors as raw_data`,
        );
    }
  }
}
