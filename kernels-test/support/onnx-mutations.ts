import { fromBinary, toBinary } from '@bufbuild/protobuf';
import { ModelProtoSchema } from '../../src/formats/onnx/onnx_pb.ts';

/** A place in a message: a field of it, or an entry of a list. */
interface Place {
  readonly holder: Record<string, unknown>;
  readonly key: string;
}

const NUMBERS = [-1, 0, 1, 2, 3, 7, 2 ** 31 - 1, -(2 ** 31)];

/** The same graph with some of its numbers, names, types and lists changed: what byte for byte hardly ever comes about, since lengths must fit. */
export function mutatedGraph(file: Uint8Array, random: (below: number) => number): Uint8Array {
  const model = fromBinary(ModelProtoSchema, file);
  const found = places(model.graph as unknown as Record<string, unknown>);
  for (let changes = 1 + random(3); changes > 0; changes--) {
    const { holder, key } = found[random(found.length)] as Place;
    const value = holder[key];
    const number = NUMBERS[random(NUMBERS.length)] as number;
    if (typeof value === 'bigint') holder[key] = BigInt(random(2) === 0 ? number : 2 ** random(63));
    else if (typeof value === 'number') holder[key] = number;
    else if (typeof value === 'string') holder[key] = texts(found)[random(texts(found).length)];
    else if (value instanceof Uint8Array) holder[key] = value.subarray(0, random(value.length + 1));
    else if (Array.isArray(value) && value.length > 0) {
      const at = random(value.length);
      if (random(2) === 0) value.splice(at, 1);
      else value.splice(random(value.length), 0, value[at]);
    }
  }
  return toBinary(ModelProtoSchema, model);
}

function texts(found: readonly Place[]): string[] {
  return found.flatMap(({ holder, key }) => (typeof holder[key] === 'string' ? [holder[key]] : []));
}

function places(holder: Record<string, unknown>): Place[] {
  return Object.entries(holder).flatMap(([key, value]): Place[] => {
    // `case` says which of several fields there is; no file says it.
    if (key.startsWith('$') || key === 'case') return [];
    const isNested = typeof value === 'object' && value !== null && !(value instanceof Uint8Array);
    return [{ holder, key }, ...(isNested ? places(value as Record<string, unknown>) : [])];
  });
}
