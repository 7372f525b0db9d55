import type { Family } from './family.ts';
import { directVariant } from './matmul/direct.ts';
import { lanesVariant, tileOf } from './matmul/lanes.ts';
import type { MatmulProblem } from './matmul/problem.ts';

export const matmulFamily: Family<MatmulProblem> = {
  name: 'matmul',
  variants: [directVariant, lanesVariant('rows'), lanesVariant('columns')],
  prefer(problem, capabilities) {
    // SwiftShader, with its 4 lanes, runs `direct` 1.5 times as fast.
    if (capabilities.kind !== 'cpu' || capabilities.subgroupSize !== 8) return 'direct';
    return tileOf(problem, 'rows', capabilities).cost <= tileOf(problem, 'columns', capabilities).cost ? 'rows' : 'columns';
  },
};
