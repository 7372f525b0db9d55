import sharedSpread from '../../shaders/optimizer/shared-spread.wgsl';
import sharedSums from '../../shaders/optimizer/shared-sums.wgsl';
import type { Capabilities } from '../gpu/gpu.ts';
import type { Kernel } from '../gpu/kernel.ts';
import { workgroupSize } from './family.ts';
import { grid } from './grid.ts';
import { kernel } from './library.ts';
import { longSumConstants } from './long-sum.ts';

/** Weights of a parameter that share numbers; offsets, lengths and distances of its gradient in elements, of the first replica. */
export interface SharedSegment {
  /** Of each element the number that it has, 0 for one that is 0 and stays so. */
  readonly codes: Uint16Array;
  readonly gradient: number;
  readonly splits: number;
  readonly distance: number;
}

/** Elements that one invocation sums: few enough for many invocations, many enough for few sums. */
const PART = 128;
const PART_WORDS = 7;

/** The parts of all numbers that shaders/optimizer/shared-sums.wgsl describes, and their members. */
export interface SharedTable {
  readonly parts: Uint32Array<ArrayBuffer>;
  readonly members: Uint32Array<ArrayBuffer>;
  readonly count: number;
  /** The most terms that a part has, and a number has parts. */
  readonly mostTerms: number;
  readonly mostParts: number;
}

export function sharedTable(segments: readonly SharedSegment[]): SharedTable {
  const parts: number[] = [];
  const members: number[] = [];
  let count = 0;
  let mostParts = 1;
  for (const { codes, gradient, splits, distance } of segments) {
    const byCode = new Map<number, number[]>();
    codes.forEach((code, element) => {
      const list = byCode.get(code) ?? [];
      byCode.set(code, list);
      list.push(element);
    });
    for (const code of [...byCode.keys()].sort((a, b) => a - b)) {
      const list = byCode.get(code) ?? [];
      const own = Math.ceil(list.length / PART);
      if (code > 0) mostParts = Math.max(mostParts, own);
      for (let part = 0; part < own; part++)
        parts.push(
          members.length + part * PART,
          Math.min(PART, list.length - part * PART),
          count,
          code === 0 ? 0 : own,
          gradient,
          splits,
          distance,
        );
      for (const element of list) members.push(element);
      count += own;
    }
  }
  const mostTerms = PART * Math.max(1, ...segments.map(({ splits }) => splits));
  return {
    parts: Uint32Array.from(parts),
    members: Uint32Array.from(members),
    count: parts.length / PART_WORDS,
    mostTerms,
    mostParts,
  };
}

/** Sums gradients over the parts. Bindings: parts, members, gradients, sums. */
export function sharedSumsKernel({ count, mostTerms }: SharedTable, replicas: number, capabilities: Capabilities): Kernel {
  return over('optimizer/shared-sums', sharedSums, count, mostTerms, replicas, capabilities);
}

/** Gives each weight the gradient of its number. Bindings: parts, members, sums, gradients. */
export function sharedSpreadKernel({ count, mostParts }: SharedTable, replicas: number, capabilities: Capabilities): Kernel {
  return over('optimizer/shared-spread', sharedSpread, count, mostParts, replicas, capabilities);
}

function over(name: string, source: string, count: number, terms: number, replicas: number, capabilities: Capabilities): Kernel {
  const { workgroups, constants } = grid('shared weights', count, workgroupSize(capabilities), replicas, capabilities);
  return kernel(
    name,
    source,
    { ...constants, ...longSumConstants(terms), PARTS: count },
    ['read', 'read', 'read', 'write'],
    workgroups,
  );
}
