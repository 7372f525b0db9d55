import clip from '../../shaders/optimizer/clip.wgsl';
import gradientSquares from '../../shaders/optimizer/gradient-squares.wgsl';
import type { Capabilities } from '../gpu/gpu.ts';
import type { Kernel } from '../gpu/kernel.ts';
import { grid } from './grid.ts';
import { kernel } from './library.ts';
import { longSumConstants } from './long-sum.ts';
import { chunkLanes } from './optimizer.ts';
import { CHUNK } from './segment-table.ts';

/** Words of a chunk's sums of squares. */
export const SQUARES_WORDS = 2;

/** Adds up the squares of the gradients of a table's chunks; `chunksPerReplica`: in all tables together. Bindings: table, gradients, squares. */
export function gradientSquaresKernel(chunks: number, chunksPerReplica: number, capabilities: Capabilities): Kernel {
  const { workgroups, constants } = grid('the norm of the gradients', chunks, 1, 1, capabilities);
  return kernel(
    'optimizer/gradient-squares',
    gradientSquares,
    { ...constants, WORKGROUP: chunkLanes(capabilities), CHUNK, CHUNKS_PER_REPLICA: chunksPerReplica },
    ['read', 'read', 'write'],
    workgroups,
  );
}

/** Lanes of a workgroup that adds up a replica's chunks. */
const LANES = 64;

/** Finds by what each replica's gradients are multiplied so that their norm is at most `norm`. Bindings: squares, state. */
export function clipKernel(
  norm: number,
  chunksPerReplica: number,
  replicas: number,
  capabilities: Capabilities,
  mixed: boolean,
): Kernel {
  const { workgroups, constants } = grid('the clipping of gradients', replicas, 1, 1, capabilities);
  return kernel(
    'optimizer/clip',
    clip,
    {
      ...constants,
      ...longSumConstants(chunksPerReplica / LANES),
      WORKGROUP: LANES,
      REPLICAS: replicas,
      CHUNKS_PER_REPLICA: chunksPerReplica,
      NORM: { f32: norm },
      SCALED: mixed,
    },
    ['read', 'write'],
    workgroups,
  );
}
