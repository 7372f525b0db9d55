import average from '../../shaders/optimizer/average.wgsl';
import noAverage from '../../shaders/optimizer/no-average.wgsl';
import update from '../../shaders/optimizer/update.wgsl';
import updateF32 from '../../shaders/optimizer/update-f32.wgsl';
import updateMixed from '../../shaders/optimizer/update-mixed.wgsl';
import type { Shape } from '../core/value.ts';
import type { Constants } from '../gpu/composer.ts';
import type { Capabilities } from '../gpu/gpu.ts';
import type { Kernel } from '../gpu/kernel.ts';
import { grid } from './grid.ts';
import { kernel } from './library.ts';
import { type Schedule, scheduleConstants } from './schedule.ts';
import { elementAlias } from './view.ts';

/** How an optimizer updates the parameters, as its kernel needs it; the learning rate lies in the training state. */
export interface UpdateRule {
  readonly name: string;
  /** WGSL with the functions that shaders/optimizer/update.wgsl calls. */
  readonly source: string;
  readonly constants: Constants;
  /** How many it keeps for each parameter. */
  readonly moments: 1 | 2;
  /** Decoupled decay: the share of a parameter of this shape that a step takes away, times the learning rate [none]. */
  readonly decay?: (shape: Shape) => number;
}

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
}

/** Elements that one workgroup updates. */
export const CHUNK = 4096;

const SEGMENT_WORDS = 9;

/** Words of the table that a segment of `length` elements takes. */
export function segmentWords(length: number): number {
  return 2 * chunksOf(length) + SEGMENT_WORDS;
}

/** A table, how many chunks it has, and how many of one replica there are up to its end. */
export interface SegmentTable {
  readonly words: Uint32Array;
  readonly chunks: number;
  readonly chunksPerReplica: number;
}

/** The table that shaders/lib/segments.wgsl describes: chunks first, then segments. `before`: chunks of one replica in the tables before. */
export function segmentTable(segments: readonly Segment[], before = 0): SegmentTable {
  const chunks = segments.flatMap(({ length }, index) =>
    Array.from({ length: chunksOf(length) }, (_, part) => [index, part * CHUNK]),
  );
  const words = new Uint32Array(chunks.length * 2 + segments.length * SEGMENT_WORDS);
  words.set(chunks.flat());
  const floats = new Float32Array(words.buffer);
  const next = new Map<number, number>();
  segments.forEach((segment, index) => {
    const at = chunks.length * 2 + index * SEGMENT_WORDS;
    const { replica } = segment;
    const chunk = next.get(replica) ?? before;
    words.set([segment.parameter, segment.length, segment.gradient, segment.splits, segment.distance], at);
    floats[at + 5] = segment.weightDecay;
    words.set([replica, chunk], at + 6);
    floats[at + 8] = segment.decay;
    next.set(replica, chunk + chunksOf(segment.length));
  });
  return { words, chunks: chunks.length, chunksPerReplica: Math.max(before, ...next.values()) };
}

function chunksOf(length: number): number {
  return Math.ceil(length / CHUNK);
}

/** Invocations that go over a chunk. On a GPU few turns: a short segment of many partial sums is one workgroup's work, which waits for each of them. */
export function chunkLanes({ kind }: Capabilities): number {
  return kind === 'gpu' ? 256 : 64;
}

export interface OptimizerProblem {
  readonly rule: UpdateRule;
  readonly schedule: Schedule;
  readonly chunks: number;
  /** Whether the parameters have f16 copies, and the gradients a loss scale. */
  readonly mixed?: boolean;
  /** Whether the training state holds a factor for the gradients; see clip.ts. */
  readonly clipped?: boolean;
  /** The most that an average of the weights keeps of itself in a step [there is no average]. */
  readonly averageDecay?: number;
}

/**
 * The dispatch that updates all segments of a table. Bindings: table, state, gradients, parameters, moments (one or two), in mixed
 * precision the f16 copies of the parameters, and averages of the parameters where they are kept.
 */
export function optimizerKernel(
  { rule, schedule, chunks, mixed = false, clipped = false, averageDecay }: OptimizerProblem,
  capabilities: Capabilities,
): Kernel {
  const { workgroups, constants } = grid('the optimizer', chunks, 1, 1, capabilities);
  const averaged = averageDecay !== undefined;
  const written = 1 + rule.moments + Number(mixed) + Number(averaged);
  return kernel(
    `optimizer/${rule.name}`,
    [update, rule.source, mixed ? updateMixed : updateF32, averaged ? average : noAverage].join('\n'),
    {
      ...constants,
      ...rule.constants,
      ...scheduleConstants(schedule),
      ...(mixed && { ...elementAlias('Weight', { type: 'f16' }), HALVES: 4 + rule.moments }),
      ...(averaged && { AVERAGES: 4 + rule.moments + Number(mixed), AVERAGE_REST: { f32: 1 - averageDecay } }),
      WORKGROUP: chunkLanes(capabilities),
      CHUNKS: chunks,
      CHUNK,
      DECAYS: rule.decay !== undefined,
      CLIPPED: clipped,
    },
    ['read', 'read', 'read', ...Array.from({ length: written }, () => 'write' as const)],
    workgroups,
  );
}
