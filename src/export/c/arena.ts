/** When a block holds something: from the step that writes it first to the last that reads it. */
export interface Life {
  readonly first: number;
  readonly last: number;
}

export interface Block {
  readonly size: number;
  readonly life: Life;
}

export interface Arrangement {
  /** Of the blocks, in their order. */
  readonly offsets: readonly number[];
  /** Of the arena. */
  readonly size: number;
}

/**
 * Lays blocks into an arena so that none that live at the same time overlap: largest first or in the order of time, each as low as it is
 * free, or by turns as low and, below the least that any arrangement needs, as high as can be. Returns the smallest of these.
 */
export function arrange(blocks: readonly Block[]): Arrangement {
  const least = leastOf(blocks);
  const indices = blocks.map((_, index) => index);
  const size = (index: number) => blocks[index]?.size ?? 0;
  const first = (index: number) => blocks[index]?.life.first ?? 0;
  const inTime = [...indices].sort((a, b) => first(a) - first(b) || size(b) - size(a));
  const bySize = [...indices].sort((a, b) => size(b) - size(a) || first(a) - first(b));
  let best: Arrangement | undefined;
  for (const order of [bySize, inTime, [...inTime].reverse()])
    for (const byTurns of [false, true]) {
      const found = laid(blocks, order, byTurns ? least : undefined);
      if (!best || found.size < best.size) best = found;
      if (best.size === least) return best;
    }
  return best ?? { offsets: [], size: 0 };
}

/** The most that is alive at once. */
function leastOf(blocks: readonly Block[]): number {
  return blocks.reduce((most, { life: { first } }) => {
    const alive = blocks.filter(({ life }) => life.first <= first && first <= life.last);
    return Math.max(
      most,
      alive.reduce((sum, { size }) => sum + size, 0),
    );
  }, 0);
}

function laid(blocks: readonly Block[], order: readonly number[], top: number | undefined): Arrangement {
  const starts = new Map<number, number>();
  order.forEach((index, turn) => {
    const { size, life } = blocks[index] as Block;
    const taken = [...starts].flatMap(([other, start]) => {
      const block = blocks[other] as Block;
      const meets = block.life.first <= life.last && life.first <= block.life.last;
      return meets ? [{ start, end: start + block.size }] : [];
    });
    const high = top !== undefined && turn % 2 === 1 ? highest(taken, size, top) : undefined;
    starts.set(index, high ?? lowest(taken, size));
  });
  const offsets = blocks.map((_, index) => starts.get(index) ?? 0);
  return { offsets, size: blocks.reduce((most, { size }, index) => Math.max(most, size + (offsets[index] ?? 0)), 0) };
}

interface Taken {
  readonly start: number;
  readonly end: number;
}

function lowest(taken: readonly Taken[], size: number): number {
  let offset = 0;
  for (const { start, end } of [...taken].sort((a, b) => a.start - b.start)) {
    if (start - offset >= size) break;
    offset = Math.max(offset, end);
  }
  return offset;
}

/** Below `top`; undefined where there is no room. */
function highest(taken: readonly Taken[], size: number, top: number): number | undefined {
  let offset = top;
  for (const { start, end } of [...taken].sort((a, b) => b.end - a.end)) {
    if (offset - end >= size) break;
    offset = Math.min(offset, start);
  }
  return offset >= size ? offset - size : undefined;
}
