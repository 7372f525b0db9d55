import { base64 } from '../../core/base64.ts';
import type { OutputKind } from '../../core/probabilities.ts';
import type { InputDescription } from '../../data/input-description.ts';
import type { ExportGraph, ExportTensor } from '../../deploy/operations.ts';
import type { IntegerGraph } from '../../quantize/integer-graph.ts';

/** What a page holds of its network, as JSON. */
export interface Content {
  readonly numbers: 'float32' | 'integers';
  /** How stored numbers become what the network sees; undefined where they are taken as they are. */
  readonly stored: Pick<InputDescription, 'scale' | 'offset' | 'dtype'> | undefined;
  readonly output: OutputKind;
  readonly classNames: readonly string[];
  /**
   * An ExportGraph, or an IntegerGraph, whose tensors are `{ tensor: index }`, and whose arrays are `{ floats | bytes | words: [start, end] }`
   * of those below; the multipliers of a channel are two words, the multiplier and the shift.
   */
  readonly graph: unknown;
  readonly tensors: readonly ExportTensor[];
  /** Numbers of 32 bits, of 8 and of 32, as base64 of their little-endian bytes. */
  readonly floats: string;
  readonly bytes: string;
  readonly words: string;
}

type Arrays = 'floats' | 'bytes' | 'words';
type Numbers = Float32Array | Int8Array | Int32Array;

/** A graph as `Content` has it. */
export function packed(graph: ExportGraph | IntegerGraph): Pick<Content, 'graph' | 'tensors' | Arrays> {
  const { input, output, operations } = graph;
  const tensors = [...new Set([input, ...operations.flatMap((operation) => [...operation.inputs, operation.output])])];
  const numberOf = new Map<unknown, number>(tensors.map((tensor, index) => [tensor, index]));
  const arrays = new Packing();
  const replaced = (key: string, value: unknown): unknown => {
    const tensor = numberOf.get(value);
    if (tensor !== undefined) return { tensor };
    // Integers are multiplied by what was made of these.
    if (key === 'scales') return undefined;
    if (key === 'multipliers') return arrays.reference(multiplierWords(value as readonly Multiplier[]));
    return isNumbers(value) ? arrays.reference(value) : value;
  };
  const rounding = 'rounding' in graph ? { rounding: graph.rounding } : {};
  const plain: unknown = JSON.parse(JSON.stringify({ input, output, operations, ...rounding }, replaced));
  return { graph: plain, tensors, ...arrays.texts() };
}

interface Multiplier {
  readonly multiplier: number;
  readonly shift: number;
}

function multiplierWords(multipliers: readonly Multiplier[]): Int32Array {
  return Int32Array.from(multipliers.flatMap(({ multiplier, shift }) => [multiplier, shift]));
}

function isNumbers(value: unknown): value is Numbers {
  return value instanceof Float32Array || value instanceof Int8Array || value instanceof Int32Array;
}

/** Arrays one behind the other, each once. */
class Packing {
  private readonly taken = new Map<Numbers, object>();
  private readonly arrays: Record<Arrays, Numbers[]> = { floats: [], bytes: [], words: [] };

  reference(numbers: Numbers): object {
    const known = this.taken.get(numbers);
    if (known) return known;
    const kind = numbers instanceof Float32Array ? 'floats' : numbers instanceof Int8Array ? 'bytes' : 'words';
    const start = this.arrays[kind].reduce((length, before) => length + before.length, 0);
    this.arrays[kind].push(numbers);
    const reference = { [kind]: [start, start + numbers.length] };
    this.taken.set(numbers, reference);
    return reference;
  }

  texts(): Readonly<Record<Arrays, string>> {
    const { floats, bytes, words } = this.arrays;
    return { floats: textOf(floats), bytes: textOf(bytes), words: textOf(words) };
  }
}

function textOf(arrays: readonly Numbers[]): string {
  const bytes = new Uint8Array(arrays.reduce((length, { byteLength }) => length + byteLength, 0));
  let start = 0;
  for (const numbers of arrays) {
    const size = numbers.BYTES_PER_ELEMENT;
    const view = new DataView(bytes.buffer, start, numbers.byteLength);
    for (const [index, number] of numbers.entries())
      if (numbers instanceof Float32Array) view.setFloat32(size * index, number, true);
      else if (size === 1) view.setInt8(index, number);
      else view.setInt32(size * index, number, true);
    start += numbers.byteLength;
  }
  return base64(bytes);
}
