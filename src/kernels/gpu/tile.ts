import type { Capabilities } from '../../gpu/gpu.ts';

/** The block of a matrix product that a workgroup makes; shaders/tile/product.wgsl says how. */
export interface Tile {
  readonly blockM: number;
  readonly blockN: number;
  /** Terms of the sum a turn. */
  readonly blockK: number;
  /** Rows that a lane sums, 4 columns wide. */
  readonly threadM: number;
  /** Groups of lanes that share out the terms of a turn. */
  readonly slices: number;
}

/** A product of m x k by k x n as one replica sees it, in `layers` independent parts (splits of the sum, groups). */
export interface ProductShape {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly layers: number;
}

/** For large problems: fewest loads a multiply-add. */
export const LARGE_TILE: Tile = { blockM: 64, blockN: 64, blockK: 16, threadM: 8, slices: 1 };

/** Workgroups of large blocks that keep a large GPU busy: four for each of its 132 processors, of four subgroups each. */
const ENOUGH_LARGE = 512;
/** Workgroups that there should be before blocks are made smaller: about one for each processor of a large GPU. */
const ENOUGH_BLOCKS = 128;
/** Lanes that hide the way to memory: 16 subgroups of 32 on each of 128 processors. */
const ENOUGH_LANES = 65_536;
const MOST_LANES = 256;
const LEAST_LANES = 64;
const MOST_SLICES = 32;
/** Terms that a slice should have at least, to be worth the adding up; fewer where a workgroup would have less than LEAST_LANES. */
const LEAST_TERMS = 32;
const LEAST_TERMS_OF_FEW = 8;
/** Terms of a turn for each slice: fewer turns wait less often. */
const MOST_TERMS_A_TURN = 16;
/** Of workgroup memory: what every adapter has, and two thirds of what it has, up to a size that leaves room for other workgroups. */
const LEAST_BYTES = 16_384;
const MOST_BYTES = 32_768;
/** Lanes of a block, without slices, at most, and its fewest rows: two lanes, which the Z order needs. */
const BLOCK_LANES = 64;
const LEAST_ROWS = 8;

export function isLarge({ m, n, layers }: ProductShape): boolean {
  const { blockM, blockN } = LARGE_TILE;
  const blocks = Math.ceil(m / blockM) * Math.ceil(n / blockN);
  // Not where blocks would stick out over the matrix by a third.
  return blocks * layers >= ENOUGH_LARGE && blocks * blockM * blockN <= 1.34 * m * n;
}

/**
 * A tile of 4 x 4 sums a lane, by shape alone. Few columns make narrow blocks (128 x 4 to 32 x 32), since a lane that sums nothing is
 * lost; few blocks are halved until every processor has one; what then lacks in lanes comes from slices of the sum.
 */
export function smallTile(shape: ProductShape, { maxWorkgroupStorageBytes }: Capabilities): Tile {
  const { m, n, k, layers } = shape;
  // The padded columns, and what a narrower block loads more.
  const width = (columns: number) => Math.ceil(n / columns) * columns * (1 + 4 / columns);
  let blockN = [32, 16, 8, 4].reduce((best, columns) => (width(columns) < width(best) ? columns : best));
  let blockM = Math.min(128, (BLOCK_LANES * 16) / blockN);
  const lanes = () => (blockM * blockN) / 16;
  const blocks = () => Math.ceil(m / blockM) * Math.ceil(n / blockN) * layers;
  while (blockM / 2 >= m && blockM > LEAST_ROWS) blockM /= 2;
  while (blocks() < ENOUGH_BLOCKS && lanes() > 8) {
    if (blockM >= blockN && blockM > LEAST_ROWS) blockM /= 2;
    else blockN /= 2;
  }
  let slices = 1;
  const wanted = () => {
    if (lanes() * slices < LEAST_LANES) return k / slices >= 2 * LEAST_TERMS_OF_FEW;
    return blocks() * lanes() * slices < ENOUGH_LANES && k / slices >= 2 * LEAST_TERMS;
  };
  while (slices < MOST_SLICES && lanes() * slices * 2 <= MOST_LANES && wanted()) slices *= 2;
  const room = Math.max(LEAST_BYTES, Math.min(MOST_BYTES, (maxWorkgroupStorageBytes * 2) / 3));
  for (;;) {
    const blockK = [128, 64, 32, 16].find((terms) => {
      if (terms > MOST_TERMS_A_TURN * slices || terms < 4 * slices || (terms > 16 && terms >= 2 * k)) return false;
      const tile = { blockM, blockN, blockK: terms, threadM: 4, slices };
      return [false, true].every((leftColumns) => quads(tile, leftColumns).bytes <= room);
    });
    if (blockK) return { blockM, blockN, blockK, threadM: 4, slices };
    slices /= 2;
  }
}

/** Where quads lie in workgroup memory. Rows are an odd number of quads apart, against bank conflicts. */
export function quads({ blockM, blockN, blockK, threadM, slices }: Tile, leftColumns: boolean) {
  const leftStride = (leftColumns ? blockM : blockK) / 4 + 1;
  const leftQuads = (leftColumns ? blockK : blockM) * leftStride;
  const rightStride = blockN / 4 + 1;
  const added = ((blockM / threadM) * (blockN / 4) * slices * (threadM + 1)) / 2;
  const tileQuads = Math.max(leftQuads + blockK * rightStride, slices > 1 ? added : 0);
  return { leftStride, leftQuads, rightStride, tileQuads, bytes: tileQuads * 16 };
}
