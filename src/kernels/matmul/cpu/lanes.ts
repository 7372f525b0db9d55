import shader from '../../../../shaders/matmul/lanes.wgsl';
import type { Capabilities } from '../../../gpu/gpu.ts';
import type { Variant } from '../../family.ts';
import { given, viewNames } from '../../given.ts';
import { grid } from '../../grid.ts';
import { kernel } from '../../library.ts';
import { foldConstants } from '../../long-sum.ts';
import { MATMUL_BINDINGS, type MatmulProblem, matmulConstants } from '../problem.ts';

/** What one workgroup of a lanes variant makes: `own` x `groups` vectors of lanes x lanes, `turn` terms of the sum a turn. */
interface Tile {
  readonly own: number;
  readonly groups: number;
  readonly ownBlocks: number;
  readonly groupBlocks: number;
  /** Estimated nanoseconds of a dispatch. */
  readonly cost: number;
}

type Side = 'rows' | 'columns';

/** Vectors of sums for each spread index, beyond which the driver's code takes several times as long. */
const MOST_VECTORS = 28;

/**
 * Nanoseconds of a vector operation, measured on lavapipe: a load; what one costs more whose lanes share a set of the cache; a
 * multiply-add with its sum fetched, masked and put back; a store from a loop, to neighbouring places and to places in different
 * rows. See bench/README.md.
 */
const LOAD = 7;
const CONFLICT = 4;
const MULTIPLY_ADD = 0.5;
const STORE = { columns: 27, rows: 55 } as const;
/** Elements from lane to lane, of which a multiple makes them share a set of a CPU's first cache. */
const CONFLICTING = 512;
/** Threads of the driver that should find a workgroup each, twice. */
const THREADS = 4;
/**
 * Bytes of machine code of a load, of one of two terms, and of a multiply-add with its sum. A turn of more than SHORT_CODE is slower:
 * it takes twice the time with SLOW_CODE more.
 */
const LOAD_BYTES = 550;
const PACKED_BYTES = 825;
const SUM_BYTES = 32;
const SHORT_CODE = 8_000;
const SLOW_CODE = 26_000;
/** Nanoseconds to compile a byte, shared out among ten thousand dispatches: a small product does not pay for long code. */
const COMPILATION = 5;
/** Nanoseconds to start a workgroup. */
const START = 150;

/** How a factor lies in memory. */
interface Layout {
  readonly replica: number;
  readonly offset: number;
  readonly index: number;
  readonly k: number;
  readonly count: number;
}

/** The factor that is the lanes' own and the one that is spread. */
function layouts({ a, b, m, n }: MatmulProblem, side: Side): { own: Layout; spread: Layout } {
  const left = { replica: a.replicaStride, offset: a.offset, index: a.rowStride, k: a.columnStride, count: m };
  const right = { replica: b.replicaStride, offset: b.offset, index: b.columnStride, k: b.rowStride, count: n };
  return side === 'rows' ? { own: left, spread: right } : { own: right, spread: left };
}

/** Whether a vector of the spread factor holds two terms of the sum. */
function packs({ k, perSplit }: MatmulProblem, spread: Layout): boolean {
  return spread.k === 1 && k % 2 === 0 && perSplit % 2 === 0;
}

/** The tile that should take least time. */
export function tileOf(problem: MatmulProblem, side: Side, { subgroupSize: width }: Capabilities): Tile {
  const rows = problem.m + (problem.ones ? 1 : 0);
  const [ownCount, spreadCount] = side === 'rows' ? [rows, problem.n] : [problem.n, rows];
  const { own: left, spread: right } = layouts(problem, side);
  const packed = packs(problem, right);
  const load = (stride: number, lanes: number) =>
    LOAD + (stride > 0 && stride % CONFLICTING === 0 ? (CONFLICT * lanes) / width : 0);
  const ownLoad = load(left.index, width);
  const spreadLoad = load(right.index, packed ? width / 2 : width);
  let best: Tile | undefined;
  for (let own = 1; own <= 7; own++)
    for (let groups = 1; groups <= 7 && own * groups <= MOST_VECTORS; groups++) {
      const ownBlocks = Math.ceil(ownCount / (own * width));
      const groupBlocks = Math.ceil(spreadCount / (groups * width));
      const outputs = own * groups * width;
      const code = (packed ? PACKED_BYTES : LOAD_BYTES) * (own + groups) + outputs * SUM_BYTES;
      const term = own * ownLoad + groups * spreadLoad + outputs * MULTIPLY_ADD;
      const each = problem.perSplit * term * (1 + Math.max(0, code - SHORT_CODE) / SLOW_CODE) + outputs * STORE[side] + START;
      const rounds = Math.ceil((ownBlocks * groupBlocks * problem.replicas * problem.splits) / THREADS);
      const cost = rounds * (THREADS / 2) * each + code * COMPILATION;
      if (!best || cost < best.cost) best = { own, groups, ownBlocks, groupBlocks, cost };
    }
  return best as Tile;
}

/** Multiply-adds of a product that is worth a text of its own. */
const HEAVY = 2 ** 22;

const SIZES = [
  ...viewNames('Y', 'SAVED'),
  ...['GRID_X', 'M', 'N', 'K', 'K_PER_SPLIT', 'SPLITS', 'BIAS_REPLICA', 'ONES_LENGTH', 'GROUP_BLOCKS', 'BLOCKS'],
  ...['OWN', 'SPREAD'].flatMap((factor) => ['REPLICA', 'OFFSET', 'INDEX', 'K', 'LAST'].map((what) => `${factor}_${what}`)),
  'SPREAD_COUNT',
];

export function lanesVariant(name: Side): Variant<MatmulProblem> {
  return {
    name,
    supports: (_, { kind, subgroupSize }) => kind === 'cpu' && (subgroupSize === 4 || subgroupSize === 8),
    build(problem, capabilities) {
      const { own, spread } = layouts(problem, name);
      const tile = tileOf(problem, name, capabilities);
      const packed = packs(problem, spread);
      const blocks = tile.ownBlocks * tile.groupBlocks;
      const { workgroups, constants } = grid('a matrix product', blocks, 1, problem.replicas * problem.splits, capabilities);
      const all = {
        ...matmulConstants(problem),
        ...constants,
        LANES: capabilities.subgroupSize,
        OWN_A: name === 'rows',
        OWN: tile.own,
        GROUPS: tile.groups,
        ...foldConstants(problem.perSplit, packed ? 2 : 1),
        TURN: packed ? 2 : 1,
        PACKED: packed,
        GROUP_BLOCKS: tile.groupBlocks,
        BLOCKS: blocks,
        OWN_REPLICA: own.replica,
        OWN_OFFSET: own.offset,
        OWN_INDEX: own.index,
        OWN_K: own.k,
        OWN_LAST: own.count - 1,
        SPREAD_REPLICA: spread.replica,
        SPREAD_OFFSET: spread.offset,
        SPREAD_INDEX: spread.index,
        SPREAD_K: spread.k,
        SPREAD_LAST: spread.count - 1,
        SPREAD_COUNT: spread.count + (problem.ones && name === 'columns' ? 1 : 0),
      };
      const isLight = problem.m * problem.n * problem.perSplit < HEAVY;
      return kernel(
        `matmul/${name}`,
        shader,
        isLight ? given(all, SIZES, 2 * blocks * problem.replicas * problem.splits) : all,
        MATMUL_BINDINGS,
        workgroups,
      );
    },
  };
}
