import direct from '../../shaders/matmul/direct.wgsl';
import lanes from '../../shaders/matmul/lanes.wgsl';
import type { Capabilities } from '../gpu/gpu.ts';
import { type Epilogue, epilogueConstants } from './epilogue.ts';
import { type Family, splitSum, type Variant, workgroupSize } from './family.ts';
import { grid } from './grid.ts';
import { kernel } from './library.ts';
import { type View, viewConstants } from './view.ts';

/** Where element (row, column) of a factor lies: offset + row * rowStride + column * columnStride, in elements. */
export interface Factor {
  readonly offset: number;
  readonly rowStride: number;
  readonly columnStride: number;
  readonly replicaStride: number;
}

/**
 * y[m,n] = epilogue(bias[n] + sum over k of a[m,k] b[k,n]), the sum cut into `splits` partial results y[s] where `splits` > 1.
 * `ones` adds a row m = M in which a is 1, written apart: the bias gradient.
 * Bindings: a, b, bias, saved, state, y, ones.
 */
export interface MatmulProblem {
  readonly replicas: number;
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly a: Factor;
  readonly b: Factor;
  readonly y: View;
  readonly saved?: View;
  readonly bias: boolean;
  readonly biasReplica: number;
  readonly ones: boolean;
  /** Elements of one partial result of the row of ones. */
  readonly onesLength: number;
  readonly splits: number;
  readonly perSplit: number;
  readonly epilogue: Epilogue;
}

/** Into how many partial sums a weight gradient over `batch` rows is cut: a choice by shape alone. */
export function weightGradientSplits(batch: number): { splits: number; perSplit: number } {
  return splitSum(batch, 512, 16);
}

export function matmulConstants(problem: MatmulProblem) {
  const { a, b } = problem;
  return {
    ...viewConstants('Y', problem.y),
    ...viewConstants('SAVED', problem.saved),
    ...epilogueConstants(problem.epilogue),
    M: problem.m,
    N: problem.n,
    K: problem.k,
    K_PER_SPLIT: problem.perSplit,
    SPLITS: problem.splits,
    A_REPLICA: a.replicaStride,
    A_OFFSET: a.offset,
    A_M: a.rowStride,
    A_K: a.columnStride,
    B_REPLICA: b.replicaStride,
    B_OFFSET: b.offset,
    B_K: b.rowStride,
    B_N: b.columnStride,
    BIAS: problem.bias,
    BIAS_REPLICA: problem.biasReplica,
    ONES: problem.ones,
    ONES_LENGTH: problem.onesLength,
  };
}

export const MATMUL_BINDINGS = ['read', 'read', 'read', 'read', 'read', 'write', 'write'] as const;

const directVariant: Variant<MatmulProblem> = {
  name: 'direct',
  supports: () => true,
  build(problem, capabilities) {
    const rows = problem.m + (problem.ones ? 1 : 0);
    const blockM = Math.min(rows, 8);
    const blockN = Math.min(problem.n, 4);
    const blocksN = Math.ceil(problem.n / blockN);
    const items = Math.ceil(rows / blockM) * blocksN;
    const spread = grid('a matrix product', items, workgroupSize(capabilities), problem.replicas * problem.splits, capabilities);
    return kernel(
      'matmul/direct',
      direct,
      {
        ...matmulConstants(problem),
        ...spread.constants,
        COMPACT: capabilities.kind === 'cpu',
        BLOCK_M: blockM,
        BLOCK_N: blockN,
        BLOCKS_N: blocksN,
        ITEMS: items,
      },
      MATMUL_BINDINGS,
      spread.workgroups,
    );
  },
};

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
function tileOf(problem: MatmulProblem, side: Side, { subgroupSize: width }: Capabilities): Tile {
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

function lanesVariant(name: Side): Variant<MatmulProblem> {
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
        lanes,
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

export const matmulFamily: Family<MatmulProblem> = {
  name: 'matmul',
  variants: [directVariant, lanesVariant('rows'), lanesVariant('columns')],
  prefer(problem, capabilities) {
    // SwiftShader, with its 4 lanes, runs `direct` 1.5 times as fast.
    if (capabilities.kind !== 'cpu' || capabilities.subgroupSize !== 8) return 'direct';
    return tileOf(problem, 'rows', capabilities).cost <= tileOf(problem, 'columns', capabilities).cost ? 'rows' : 'columns';
  },
};
