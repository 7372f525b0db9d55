import type { Family } from './family.ts';
import { withTiled } from './gpu/tiled.ts';
import { lanesVariant, tileOf } from './matmul/cpu/lanes.ts';
import { directVariant } from './matmul/direct.ts';
import { tiled } from './matmul/gpu/tiled.ts';
import type { MatmulProblem } from './matmul/problem.ts';

export const matmulFamily: Family<MatmulProblem> = {
  name: 'matmul',
  variants: /* @__PURE__ */ withTiled(
    [directVariant, /* @__PURE__ */ lanesVariant('rows'), /* @__PURE__ */ lanesVariant('columns')],
    tiled,
  ),
  prefer(problem, capabilities) {
    if (capabilities.kind === 'gpu') return tiled.choice(problem);
    // SwiftShader, with its 4 lanes, runs `direct` faster.
    if (capabilities.subgroupSize !== 8) return 'direct';
    return tileOf(problem, 'rows', capabilities).cost <= tileOf(problem, 'columns', capabilities).cost ? 'rows' : 'columns';
  },
};
