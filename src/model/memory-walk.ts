/** A value that a network computes for one sample. */
export interface Held {
  readonly elements: number;
}

interface Step {
  readonly reads: readonly Held[];
  readonly output: Held;
  /** The values in whose memory the output may lie, the first that nobody needs afterwards. */
  readonly over?: readonly Held[];
  /** The values read lie side by side in the output's memory. */
  readonly joins?: boolean;
}

/** Follows the values of an inference in the order of the layers: what each step reads and makes. */
export class MemoryWalk {
  private readonly steps: Step[] = [];
  /** What lies in a joined tensor. */
  private readonly parts = new Set<Held>();

  constructor(private readonly input: Held) {}

  /** A new value made of others. */
  make(elements: number, ...reads: readonly Held[]): Held {
    const output = { elements };
    this.steps.push({ reads, output });
    return output;
  }

  /** A value as large as `x`, made of it and others, in the memory of one of them that nobody needs afterwards, or in new memory. */
  change(x: Held, ...others: readonly Held[]): Held {
    const reads = [x, ...others];
    const output = { elements: x.elements };
    const free = (value: Held) => value.elements === x.elements && !this.parts.has(value);
    const over = new Set(reads).size === reads.length ? reads.filter(free) : [];
    this.steps.push({ reads, output, over });
    return output;
  }

  /**
   * Values side by side in one tensor, in which they are written from the start. The input of all, what lies in another such tensor
   * and what would be read and written in one pass is copied into it.
   */
  join(values: readonly Held[]): Held {
    const parts: Held[] = [];
    for (const value of values) parts.push(this.mayLie(value, parts) ? value : this.make(value.elements, value));
    const output = { elements: parts.reduce((sum, part) => sum + part.elements, 0) };
    for (const part of parts) this.parts.add(part);
    this.steps.push({ reads: parts, output, joins: true });
    return output;
  }

  private mayLie(value: Held, parts: readonly Held[]): boolean {
    if (value === this.input || this.parts.has(value) || parts.includes(value)) return false;
    return !this.steps.some(
      ({ reads, output }) =>
        (output === value && reads.some((read) => parts.includes(read))) || (reads.includes(value) && parts.includes(output)),
    );
  }

  /** The most elements alive at once, inputs and output of the running step among them. */
  peak(): number {
    const lastRead = new Map<Held, number>();
    this.steps.forEach(({ reads }, index) => {
      for (const value of reads) lastRead.set(value, index);
    });
    // A part of a joined tensor that is read later keeps all of it.
    this.steps.forEach(({ reads, output, joins }) => {
      if (joins) lastRead.set(output, Math.max(...[output, ...reads].map((value) => lastRead.get(value) ?? 0)));
    });
    const diesAt = new Map<number, Held[]>();
    for (const [value, index] of lastRead) diesAt.set(index, [...(diesAt.get(index) ?? []), value]);
    const alive = new Set([this.input]);
    let total = this.input.elements;
    const end = (value: Held) => {
      if (alive.delete(value)) total -= value.elements;
    };
    let peak = total;
    this.steps.forEach(({ reads, output, over, joins }, index) => {
      if (joins) reads.forEach(end);
      const free = over?.find((value) => lastRead.get(value) === index);
      if (free) end(free);
      alive.add(output);
      total += output.elements;
      peak = Math.max(peak, total);
      for (const value of diesAt.get(index) ?? []) end(value);
      if (!lastRead.has(output)) end(output);
    });
    return peak;
  }
}
