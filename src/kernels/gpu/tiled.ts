import left from '../../../shaders/tile/left.wgsl';
import leftVec4 from '../../../shaders/tile/left-vec4.wgsl';
import product from '../../../shaders/tile/product.wgsl';
import result from '../../../shaders/tile/result.wgsl';
import resultVec4 from '../../../shaders/tile/result-vec4.wgsl';
import right from '../../../shaders/tile/right.wgsl';
import rightVec4 from '../../../shaders/tile/right-vec4.wgsl';
import type { Constants } from '../../gpu/composer.ts';
import type { Capabilities } from '../../gpu/gpu.ts';
import type { Access, Kernel } from '../../gpu/kernel.ts';
import type { Variant } from '../family.ts';
import { grid } from '../grid.ts';
import { kernel } from '../library.ts';
import { foldConstants } from '../long-sum.ts';
import { isLarge, LARGE_TILE, type ProductShape, quads, smallTile, type Tile } from './tile.ts';

/** How a family's problem is a product of matrices. */
export interface TiledProduct {
  /** Whether a quad of the left factor is four rows of one k, instead of four k of one row. */
  readonly leftColumns: boolean;
  /** Whether the right factor is contiguous along k, so that neighbouring lanes should load along it. */
  readonly rightAlongK: boolean;
  /** Which operands are read and written in fours. */
  readonly fours: { readonly left: boolean; readonly right: boolean; readonly result: boolean };
  readonly resultBinding: number;
  /** The family's, with the aliases Left, Right and Result. */
  readonly constants: Constants;
  readonly bindings: readonly Access[];
}

interface TiledFamily<Problem> {
  readonly family: string;
  /** Has left_quad, right_quad and main; the composed text declares the factors and the result. */
  readonly shader: string;
  supports?(problem: Problem): boolean;
  shapeOf(problem: Problem): ProductShape;
  productOf(problem: Problem): TiledProduct;
}

/** Those and `tiled`'s: a bundler that sees a spread keeps the family though nobody uses it. */
export function withTiled<Problem>(
  variants: readonly Variant<Problem>[],
  tiled: { readonly variants: readonly Variant<Problem>[] },
): readonly Variant<Problem>[] {
  return [...variants, ...tiled.variants];
}

/** The variants `tiled` and `tiled-64` of a family, and which of the two a GPU should run. */
export function tiledVariants<Problem extends { readonly replicas: number }>(
  description: TiledFamily<Problem>,
): { variants: readonly Variant<Problem>[]; choice(problem: Problem): string } {
  const { family, shader, supports, shapeOf, productOf } = description;
  const variant = (name: string, tileOf: (shape: ProductShape, capabilities: Capabilities) => Tile): Variant<Problem> => ({
    name,
    madeFor: 'gpu',
    supports: (problem) => supports?.(problem) ?? true,
    build(problem, capabilities) {
      const shape = shapeOf(problem);
      const product = productOf(problem);
      return tiledKernel(
        `${family}/${name}`,
        shader,
        shape,
        product,
        tileOf(shape, capabilities),
        problem.replicas,
        capabilities,
      );
    },
  });
  return {
    variants: [variant('tiled', smallTile), variant('tiled-64', () => LARGE_TILE)],
    choice: (problem) => (isLarge(shapeOf(problem)) ? 'tiled-64' : 'tiled'),
  };
}

function tiledKernel(
  name: string,
  shader: string,
  { m, n, k, layers }: ProductShape,
  spec: TiledProduct,
  tile: Tile,
  replicas: number,
  capabilities: Capabilities,
): Kernel {
  const { fours } = spec;
  const blocksN = Math.ceil(n / tile.blockN);
  const blocks = Math.ceil(m / tile.blockM) * blocksN;
  const spread = grid('a matrix product', blocks, 1, replicas * layers, capabilities);
  const layout = quads(tile, spec.leftColumns);
  const source = [
    fours.left ? leftVec4 : left,
    fours.right ? rightVec4 : right,
    fours.result ? resultVec4 : result,
    product,
    shader,
  ].join('\n');
  return kernel(
    name,
    source,
    {
      ...spec.constants,
      ...spread.constants,
      COMPACT: capabilities.kind === 'cpu',
      ...foldConstants(k / tile.slices, tile.blockK / tile.slices),
      BLOCKS: blocks,
      BLOCKS_N: blocksN,
      BLOCK_M: tile.blockM,
      BLOCK_N: tile.blockN,
      BLOCK_K: tile.blockK,
      THREAD_M: tile.threadM,
      LANES_M: tile.blockM / tile.threadM,
      LANES_N: tile.blockN / 4,
      SLICES: tile.slices,
      LEFT_COLUMNS: spec.leftColumns,
      LEFT_VEC4: fours.left,
      LEFT_STRIDE: layout.leftStride,
      LEFT_QUADS: layout.leftQuads,
      RIGHT_ALONG_K: spec.rightAlongK,
      RIGHT_VEC4: fours.right,
      RIGHT_STRIDE: layout.rightStride,
      TILE_QUADS: layout.tileQuads,
      RESULT_BINDING: spec.resultBinding,
    },
    spec.bindings,
    spread.workgroups,
  );
}

/** Whether four elements that begin at a multiple of 4 lie together wherever these numbers (sizes, offsets, strides) lead. */
export function fours(...numbers: readonly number[]): boolean {
  return numbers.every((number) => number % 4 === 0);
}
