import shader from '../../../shaders/matmul/lanes.wgsl';
import type { Capabilities } from '../../gpu/gpu.ts';
import type { Variant } from '../family.ts';
import { grid } from '../grid.ts';
import { kernel } from '../library.ts';
import { MATMUL_BINDINGS, type MatmulProblem, matmulConstants } from './problem.ts';

/** What one workgroup of a lanes variant makes: `own` x `groups` vectors of lanes x lanes, `turn` terms of the sum a turn. */
interface Tile {
  readonly own: number;
  readonly groups: number;
  readonly ownBlocks: number;
  readonly groupBlocks: number;
  /** Estimated time, in operations on vectors. */
  readonly cost: number;
}

type Side = 'rows' | 'columns';

/** Operations per vector: a load, a store from unrolled text or from a loop, a multiply-add with the accumulator's way through memory. */
const LOAD = 120;
const UNROLLED_STORE = 250;
const LOOPED_STORE = 400;
const MULTIPLY_ADD = 5;
/** Threads of the driver that should find a workgroup each. */
const THREADS = 4;
/** A longer sum than this hides what it costs to store outputs from a loop; a shorter one is worth unrolled text, of fewer outputs. */
const LONG_SUM = 256;

/** Unrolled stores compile in time only where the epilogue is empty and the lanes lie along the rows of the output. */
function unrollsStore({ perSplit, bias, epilogue: { activation, dropout, gradient } }: MatmulProblem, side: Side): boolean {
  return side === 'columns' && perSplit <= LONG_SUM && !bias && activation.kind === 'linear' && !dropout && !gradient;
}

/** The tile that should take least time. */
export function tileOf(problem: MatmulProblem, side: Side, { subgroupSize: width }: Capabilities): Tile {
  const rows = problem.m + (problem.ones ? 1 : 0);
  const [ownCount, spreadCount] = side === 'rows' ? [rows, problem.n] : [problem.n, rows];
  const unrolled = unrollsStore(problem, side);
  const store = unrolled ? UNROLLED_STORE : LOOPED_STORE;
  let best: Tile | undefined;
  for (let own = 1; own <= 7; own++)
    for (let groups = 1; groups <= 7 && own * groups <= (unrolled ? 16 : 28); groups++) {
      const ownBlocks = Math.ceil(ownCount / (own * width));
      const groupBlocks = Math.ceil(spreadCount / (groups * width));
      const outputs = own * groups * width;
      const each = problem.perSplit * ((own + groups) * LOAD + outputs * MULTIPLY_ADD) + outputs * store;
      const cost = Math.ceil((ownBlocks * groupBlocks * problem.replicas * problem.splits) / THREADS) * each;
      if (!best || cost < best.cost) best = { own, groups, ownBlocks, groupBlocks, cost };
    }
  return best as Tile;
}

export function lanesVariant(name: Side): Variant<MatmulProblem> {
  return {
    name,
    supports: (_, { kind, subgroupSize }) => kind === 'cpu' && (subgroupSize === 4 || subgroupSize === 8),
    build(problem, capabilities) {
      const { a, b } = problem;
      const left = { replica: a.replicaStride, offset: a.offset, index: a.rowStride, k: a.columnStride, count: problem.m };
      const right = { replica: b.replicaStride, offset: b.offset, index: b.columnStride, k: b.rowStride, count: problem.n };
      const [own, spread] = name === 'rows' ? [left, right] : [right, left];
      const tile = tileOf(problem, name, capabilities);
      const packed = spread.k === 1 && problem.k % 2 === 0 && problem.perSplit % 2 === 0;
      const blocks = tile.ownBlocks * tile.groupBlocks;
      const { workgroups, constants } = grid('a matrix product', blocks, 1, problem.replicas * problem.splits, capabilities);
      return kernel(
        `matmul/${name}`,
        shader,
        {
          ...matmulConstants(problem),
          ...constants,
          LANES: capabilities.subgroupSize,
          OWN_A: name === 'rows',
          OWN: tile.own,
          GROUPS: tile.groups,
          TURN: packed ? 2 : 1,
          PACKED: packed,
          GROUP_BLOCKS: tile.groupBlocks,
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
          UNROLLED_STORE: unrollsStore(problem, name),
        },
        MATMUL_BINDINGS,
        workgroups,
      );
    },
  };
}
