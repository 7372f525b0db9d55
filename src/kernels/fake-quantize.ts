import forward from '../../shaders/fake-quantize/forward.wgsl';
import gradient from '../../shaders/fake-quantize/gradient.wgsl';
import type { Constants } from '../gpu/composer.ts';
import type { Capabilities } from '../gpu/gpu.ts';
import type { Kernel } from '../gpu/kernel.ts';
import { splitSum, workgroupSize } from './family.ts';
import { given } from './given.ts';
import { grid } from './grid.ts';
import { kernel } from './library.ts';
import { longSumConstants } from './long-sum.ts';

/** Weights, [outer, channels, inner] a replica, that are rounded, and their log scales; offsets and distances in elements of the group's arenas. */
export interface RoundedSegment {
  readonly outer: number;
  readonly channels: number;
  readonly inner: number;
  /** The largest integer: 2^(bits - 1) - 1. */
  readonly levels: number;
  /** Where they begin, and from one replica to the next. */
  readonly weights: number;
  readonly weightsReplica: number;
  readonly scales: number;
  readonly scalesReplica: number;
  /** Where the gradients begin, and the partial sums of that of the weights; none where nothing trains them. */
  readonly gradient: number;
  readonly splits: number;
  readonly scalesGradient: number;
}

/** What shaders/fake-quantize/table.wgsl describes. */
export interface RoundingTable {
  readonly words: Uint32Array<ArrayBuffer>;
  readonly workgroups: number;
  /** The most weights that an invocation goes over. */
  readonly longest: number;
}

/** Weights that an invocation goes over, and parts of a channel at the most. */
const LONGEST = 64;
const MOST_PARTS = 256;
const SEGMENT_WORDS = 15;

/** Into how many parts the weights of a channel are cut: a choice by shape alone. */
export function roundingParts({ outer, inner }: Pick<RoundedSegment, 'outer' | 'inner'>): { parts: number; perPart: number } {
  const { splits, perSplit } = splitSum(outer * inner, LONGEST, MOST_PARTS);
  return { parts: splits, perPart: perSplit };
}

export function roundingTable(segments: readonly RoundedSegment[], capabilities: Capabilities): RoundingTable {
  const workgroup = workgroupSize(capabilities);
  const begins: number[] = [];
  const words: number[] = [];
  const floats: number[] = [];
  let longest = 0;
  segments.forEach((segment, index) => {
    const { outer, channels, inner, levels } = segment;
    const { parts, perPart } = roundingParts(segment);
    const items = parts * channels;
    longest = Math.max(longest, perPart);
    for (let first = 0; first < items; first += workgroup) begins.push(index, first);
    words.push(items, parts, channels, inner, outer * inner, perPart, segment.weights, segment.weightsReplica);
    words.push(segment.scales, segment.scalesReplica, segment.gradient, segment.splits, segment.scalesGradient, 0, 0);
    floats.push(levels, 1 / Math.sqrt(outer * inner * levels));
  });
  const table = new Uint32Array(1 + begins.length + words.length);
  table.set([begins.length / 2, ...begins, ...words]);
  const asFloats = new Float32Array(table.buffer);
  floats.forEach((value, index) => {
    const end = 1 + begins.length + (Math.floor(index / 2) + 1) * SEGMENT_WORDS;
    asFloats[end - 2 + (index % 2)] = value;
  });
  return { words: table, workgroups: begins.length / 2, longest };
}

/** Makes the rounded copies. Bindings: table, parameters, rounded parameters. */
export function roundingKernel(table: RoundingTable, replicas: number, capabilities: Capabilities): Kernel {
  return over('fake-quantize/weights', forward, {}, table, replicas, capabilities);
}

/** Makes the gradient of the copies that of the weights, and the partial sums of that of the scales. Bindings: table, parameters, gradients. */
export function roundingGradientKernel(table: RoundingTable, replicas: number, capabilities: Capabilities): Kernel {
  return over('fake-quantize/weights-gradient', gradient, longSumConstants(table.longest), table, replicas, capabilities);
}

function over(
  name: string,
  source: string,
  constants: Constants,
  { workgroups }: RoundingTable,
  replicas: number,
  capabilities: Capabilities,
): Kernel {
  const workgroup = workgroupSize(capabilities);
  const spread = grid('the rounding of parameters', workgroups * workgroup, workgroup, replicas, capabilities);
  const all = given({ ...spread.constants, ...constants }, ['GRID_X']);
  return kernel(name, source, all, ['read', 'read', 'write'], spread.workgroups);
}
