import adam from '../../shaders/optimizer/adam.wgsl';
import sgd from '../../shaders/optimizer/sgd.wgsl';
import updateF32 from '../../shaders/optimizer/update-f32.wgsl';
import updateMixed from '../../shaders/optimizer/update-mixed.wgsl';
import type { Capabilities } from '../gpu/gpu.ts';
import type { Access, Kernel } from '../gpu/kernel.ts';
import { grid } from './grid.ts';
import { kernel } from './library.ts';
import { type Schedule, scheduleConstants } from './schedule.ts';
import { elementAlias } from './view.ts';

/** An optimizer, every choice made; the learning rate lies in the training state. */
export type OptimizerSpec =
  | { readonly type: 'adam'; readonly beta1: number; readonly beta2: number; readonly epsilon: number }
  | { readonly type: 'sgd'; readonly momentum: number };

/** One parameter of one replica in the optimizer's table; offsets, lengths and distances in elements, multiples of 4. */
export interface Segment {
  readonly parameter: number;
  readonly length: number;
  readonly gradient: number;
  readonly splits: number;
  readonly distance: number;
  readonly weightDecay: number;
  readonly replica: number;
}

/** Elements that one workgroup updates. */
export const CHUNK = 4096;

/** How many moments an optimizer keeps for each parameter. */
export function momentCount(spec: OptimizerSpec): 1 | 2 {
  return spec.type === 'adam' ? 2 : 1;
}

/** Words of the table that a segment of `length` elements takes. */
export function segmentWords(length: number): number {
  return 2 * Math.ceil(length / CHUNK) + 8;
}

/** The table that shaders/lib/segments.wgsl describes: chunks first, then segments. */
export function segmentTable(segments: readonly Segment[]): { words: Uint32Array; chunks: number } {
  const chunks = segments.flatMap(({ length }, index) =>
    Array.from({ length: Math.ceil(length / CHUNK) }, (_, part) => [index, part * CHUNK]),
  );
  const words = new Uint32Array(chunks.length * 2 + segments.length * 8);
  words.set(chunks.flat());
  const floats = new Float32Array(words.buffer);
  segments.forEach((segment, index) => {
    const at = chunks.length * 2 + index * 8;
    words.set([segment.parameter, segment.length, segment.gradient, segment.splits, segment.distance], at);
    floats[at + 5] = segment.weightDecay;
    words[at + 6] = segment.replica;
  });
  return { words, chunks: chunks.length };
}

/**
 * The dispatch that updates all segments of a table. Bindings: table, state, gradients, parameters, moments (one or two) and, in
 * mixed precision, the f16 copies of the parameters.
 */
export function optimizerKernel(
  spec: OptimizerSpec,
  schedule: Schedule,
  chunks: number,
  capabilities: Capabilities,
  mixed = false,
): Kernel {
  const { workgroups, constants } = grid('the optimizer', chunks, 1, 1, capabilities);
  const shared = {
    ...constants,
    ...(mixed && { ...elementAlias('Weight', { type: 'f16' }), HALVES: 4 + momentCount(spec) }),
    // On a GPU few turns: a short segment of many partial sums is one workgroup's work, which waits for each of them.
    WORKGROUP: capabilities.kind === 'gpu' ? 256 : 64,
    CHUNKS: chunks,
    CHUNK,
    ...scheduleConstants(schedule),
  };
  const joined = (source: string) => `${source}\n${mixed ? updateMixed : updateF32}`;
  const bindings = (access: readonly Access[]): readonly Access[] => (mixed ? [...access, 'write'] : access);
  if (spec.type === 'adam') {
    const { beta1, beta2, epsilon } = spec;
    return kernel(
      'optimizer/adam',
      joined(adam),
      {
        ...shared,
        BETA1: { f32: beta1 },
        BETA2: { f32: beta2 },
        REST1: { f32: 1 - beta1 },
        REST2: { f32: 1 - beta2 },
        LOG_BETA1: { f32: beta1 === 0 ? -1e4 : Math.log(beta1) },
        LOG_BETA2: { f32: beta2 === 0 ? -1e4 : Math.log(beta2) },
        EPSILON: { f32: epsilon },
      },
      bindings(['read', 'read', 'read', 'write', 'write', 'write']),
      workgroups,
    );
  }
  return kernel(
    'optimizer/sgd',
    joined(sgd),
    { ...shared, MOMENTUM: { f32: spec.momentum } },
    bindings(['read', 'read', 'read', 'write', 'write']),
    workgroups,
  );
}
