import shader from '../../../shaders/matmul/direct.wgsl';
import { type Variant, workgroupSize } from '../family.ts';
import { grid } from '../grid.ts';
import { kernel } from '../library.ts';
import { foldConstants } from '../long-sum.ts';
import { MATMUL_BINDINGS, type MatmulProblem, matmulConstants } from './problem.ts';

/** One invocation makes a few neighbouring outputs: serves every problem on every adapter. */
export const directVariant: Variant<MatmulProblem> = {
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
      shader,
      {
        ...matmulConstants(problem),
        ...spread.constants,
        ...foldConstants(problem.perSplit, 1),
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
