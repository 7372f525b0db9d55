import clip from '../../shaders/optimizer/clip.wgsl';
import gradientSquares from '../../shaders/optimizer/gradient-squares.wgsl';
import type { Capabilities } from '../gpu/gpu.ts';
import type { Kernel } from '../gpu/kernel.ts';
import { grid } from './grid.ts';
import { kernel } from './library.ts';
import { longSumConstants } from './long-sum.ts';
import { CHUNK, chunkLanes } from './optimizer.ts';

/** Words of a chunk's sums of squares. */
export const SQUARES_WORDS = 2;

/** Adds up the squares of the gradients of a table's chunks, `places` of each replica in all tables. Bindings: table, gradients, squares. */
export function gradientSquaresKernel(chunks: number, places: number, capabilities: Capabilities): Kernel {
  const { workgroups, constants } = grid('the norm of the gradients', chunks, 1, 1, capabilities);
  return kernel(
    'optimizer/gradient-squares',
    gradientSquares,
    { ...constants, WORKGROUP: chunkLanes(capabilities), CHUNKS: chunks, CHUNK, PLACES: places },
    ['read', 'read', 'write'],
    workgroups,
  );
}

/** Lanes of a workgroup that adds up a replica's chunks. */
const LANES = 64;

/** Finds by what each replica's gradients are multiplied so that their norm is at most `norm`. Bindings: squares, state. */
export function clipKernel(norm: number, places: number, replicas: number, capabilities: Capabilities, mixed: boolean): Kernel {
  const { workgroups, constants } = grid('the clipping of gradients', replicas, 1, 1, capabilities);
  return kernel(
    'optimizer/clip',
    clip,
    {
      ...constants,
      ...longSumConstants(places / LANES),
      WORKGROUP: LANES,
      REPLICAS: replicas,
      PLACES: places,
      NORM: { f32: norm },
      SCALED: mixed,
    },
    ['read', 'write'],
    workgroups,
  );
}
