import { SCHEDULE_WORDS, type Schedule, scheduleWords } from './schedule.ts';

/** One parameter of one replica in the optimizer's table; offsets, lengths and distances in elements, multiples of 4. */
export interface Segment {
  readonly parameter: number;
  readonly length: number;
  readonly gradient: number;
  readonly splits: number;
  readonly distance: number;
  /** L2 decay, added to the gradient; and decoupled decay, see `UpdateRule`. */
  readonly weightDecay: number;
  readonly decay: number;
  readonly replica: number;
  /** A number that is 0 stays 0: it was pruned [false]. */
  readonly keepsZeros?: boolean;
}

/** Elements that one workgroup updates. */
export const CHUNK = 4096;

/** Words of the table's head: the number of chunks, then the schedule. */
export const HEAD_WORDS = 1 + SCHEDULE_WORDS;
const SEGMENT_WORDS = 10;

/** Words of the table that a segment of `length` elements takes, beside the head. */
export function segmentWords(length: number): number {
  return 2 * chunksOf(length) + SEGMENT_WORDS;
}

/** A table, how many chunks it has, and how many of one replica there are up to its end. */
export interface SegmentTable {
  readonly words: Uint32Array<ArrayBuffer>;
  readonly chunks: number;
  readonly chunksPerReplica: number;
}

/** The table that shaders/lib/segments.wgsl describes: a head, chunks, segments. `before`: chunks of one replica in the tables before. */
export function segmentTable(segments: readonly Segment[], schedule: Schedule, before = 0): SegmentTable {
  const chunks = segments.flatMap(({ length }, index) =>
    Array.from({ length: chunksOf(length) }, (_, part) => [index, part * CHUNK]),
  );
  const words = new Uint32Array(HEAD_WORDS + chunks.length * 2 + segments.length * SEGMENT_WORDS);
  words.set([chunks.length, ...scheduleWords(schedule), ...chunks.flat()]);
  const floats = new Float32Array(words.buffer);
  const next = new Map<number, number>();
  segments.forEach((segment, index) => {
    const at = HEAD_WORDS + chunks.length * 2 + index * SEGMENT_WORDS;
    const { replica } = segment;
    const chunk = next.get(replica) ?? before;
    words.set([segment.parameter, segment.length, segment.gradient, segment.splits, segment.distance], at);
    floats[at + 5] = segment.weightDecay;
    words.set([replica, chunk], at + 6);
    floats[at + 8] = segment.decay;
    words[at + 9] = Number(segment.keepsZeros ?? false);
    next.set(replica, chunk + chunksOf(segment.length));
  });
  return { words, chunks: chunks.length, chunksPerReplica: Math.max(before, ...next.values()) };
}

function chunksOf(length: number): number {
  return Math.ceil(length / CHUNK);
}
