/** Four bytes of a part: a number, or where another part lies. */
export type Word = number | Part;

/** What lies in one piece: a table, a vector of words, or bytes behind their count. */
export interface Part {
  readonly words: readonly Word[];
  /** Of a table: the numbers of its fields, which are the words behind the first. That one leads to the vtable. */
  readonly fields?: readonly number[];
  /** What lies behind the words. */
  readonly content?: { readonly bytes: Uint8Array; readonly alignment: number };
}

const WORD = 4;
/** The root's position and the identifier. */
const HEADER = 8;

/**
 * A file by the rules of FlatBuffers, laid out when all of it is known. The library's builder writes each part as it comes, so that it
 * takes room to align, and a vtable for each order of fields; that is a tenth of a small network's file beside its weights.
 *
 * Equal parts are one. Each field takes a word of its own, in the order of the schema: then tables with the same fields share a vtable,
 * whatever they are of. Parts that lead nowhere lie in the gaps before contents that are aligned.
 */
export class FlatBuffer {
  private readonly known = new Map<string, Part>();
  /** All parts, each behind those it leads to. */
  private readonly parts = new Map<Part, number>();

  /** Fields by their rising numbers. */
  table(fields: readonly (readonly [number: number, value: Word])[]): Part {
    return this.once({ words: [0, ...fields.map(([, value]) => value)], fields: fields.map(([number]) => number) });
  }

  vector(words: readonly Word[]): Part {
    return this.once({ words: [words.length, ...words] });
  }

  /** A vector of `count` elements of other sizes, whose first lies at a multiple of `alignment` bytes. */
  content(count: number, bytes: Uint8Array, alignment: number): Part {
    return this.add({ words: [count], content: { bytes, alignment } });
  }

  /** Ends in a zero that is not counted. */
  text(value: string): Part {
    const bytes = new TextEncoder().encode(`${value}\0`);
    return this.content(bytes.length - 1, bytes, WORD);
  }

  finish(root: Part, identifier: string): Uint8Array {
    // Offsets lead forward.
    const parts = [...this.parts.keys()].reverse();
    const vtables = new Vtables(parts, HEADER);
    const { positions, end } = placed(parts, vtables.end);
    const positionOf = (part: Part) => numberOf(positions, part);

    const bytes = new Uint8Array(end);
    const view = new DataView(bytes.buffer);
    view.setUint32(0, positionOf(root), true);
    bytes.set(new TextEncoder().encode(identifier), WORD);
    vtables.write(view);
    for (const [part, position] of positions) {
      part.words.forEach((word, index) => {
        const here = position + WORD * index;
        view.setInt32(here, typeof word === 'number' ? word : positionOf(word) - here, true);
      });
      if (part.fields) view.setInt32(position, position - vtables.positionOf(part.fields), true);
      if (part.content) bytes.set(part.content.bytes, position + WORD * part.words.length);
    }
    return bytes;
  }

  private once(part: Part): Part {
    const words = part.words.map((word) => (typeof word === 'number' ? word : `part ${numberOf(this.parts, word)}`));
    const key = `${part.fields}: ${words}`;
    const known = this.known.get(key) ?? this.add(part);
    this.known.set(key, known);
    return known;
  }

  private add(part: Part): Part {
    this.parts.set(part, this.parts.size);
    return part;
  }
}

/** Where the fields of tables lie in them: a list for all tables with the same fields. */
class Vtables {
  /** In half words: how long each is, how long the table, and by the number of each field where it lies, or 0 for one that is left out. */
  private readonly halves: number[] = [];
  private readonly indices = new Map<string, number>();

  constructor(
    parts: readonly Part[],
    private readonly begin: number,
  ) {
    for (const { fields } of parts) {
      if (!fields || this.indices.has(`${fields}`)) continue;
      this.indices.set(`${fields}`, this.halves.length);
      const offsets = Array.from({ length: 1 + (fields.at(-1) ?? -1) }, (_, number) => WORD * (1 + fields.indexOf(number)));
      this.halves.push(2 * (2 + offsets.length), WORD * (1 + fields.length), ...offsets);
    }
  }

  get end(): number {
    return this.begin + 2 * this.halves.length;
  }

  positionOf(fields: readonly number[]): number {
    return this.begin + 2 * numberOf(this.indices, `${fields}`);
  }

  write(view: DataView): void {
    this.halves.forEach((half, index) => {
      view.setUint16(this.begin + 2 * index, half, true);
    });
  }
}

function numberOf<K>(numbers: ReadonlyMap<K, number>, key: K): number {
  const number = numbers.get(key);
  if (number === undefined) throw new Error('There is no such part in this file');
  return number;
}

/** Where each part lies from `begin` on: those that lead to others in their order, then those with contents, the rest between and behind. */
function placed(parts: readonly Part[], begin: number): { positions: ReadonlyMap<Part, number>; end: number } {
  const positions = new Map<Part, number>();
  let end = multipleFrom(begin, WORD);
  const place = (part: Part) => {
    positions.set(part, end);
    end = multipleFrom(end + bytesOf(part), WORD);
  };

  parts.filter(leads).forEach(place);
  const rest = bySize(parts.filter((part) => !leads(part) && !part.content));
  for (const part of parts) {
    if (!part.content) continue;
    const { alignment } = part.content;
    const gap = () => multipleFrom(end + WORD, alignment) - WORD - end;
    for (let left = gap(); left > 0; left = gap()) {
      const small = rest.get(bestSize(rest, left, alignment) ?? 0)?.pop();
      if (!small) break;
      place(small);
    }
    end += gap();
    place(part);
  }
  for (const part of [...rest.values()].flat()) place(part);
  return { positions, end };
}

/**
 * The size of a part that leaves less of a gap than there is, the least there can be, where parts of any size may lie before what is aligned;
 * of several the largest.
 */
function bestSize(rest: ReadonlyMap<number, readonly Part[]>, gap: number, alignment: number): number | undefined {
  let best: number | undefined;
  let least = gap;
  for (const [size, parts] of rest) {
    if (parts.length === 0) continue;
    const left = (((gap - size) % alignment) + alignment) % alignment;
    if (left < least || (left === least && best !== undefined && size > best)) [best, least] = [size, left];
  }
  return best;
}

function bySize(parts: readonly Part[]): Map<number, Part[]> {
  const sizes = new Map<number, Part[]>();
  for (const part of parts) {
    const same = sizes.get(bytesOf(part)) ?? [];
    same.push(part);
    sizes.set(bytesOf(part), same);
  }
  return sizes;
}

function leads({ words }: Part): boolean {
  return words.some((word) => typeof word !== 'number');
}

function bytesOf({ words, content }: Part): number {
  return WORD * words.length + (content?.bytes.length ?? 0);
}

/** The first multiple from a value on. */
function multipleFrom(value: number, multiple: number): number {
  return Math.ceil(value / multiple) * multiple;
}
