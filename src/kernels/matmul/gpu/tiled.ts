import shader from '../../../../shaders/matmul/tiled.wgsl';
import { fours, tiledVariants } from '../../gpu/tiled.ts';
import { inFours } from '../../vec4.ts';
import { elementAlias } from '../../view.ts';
import { MATMUL_BINDINGS, type MatmulProblem, matmulConstants } from '../problem.ts';

export const tiled = /* @__PURE__ */ tiledVariants<MatmulProblem>({
  family: 'matmul',
  shader,
  supports: ({ a, b }) => (a.columnStride === 1 || a.rowStride === 1) && (b.columnStride === 1 || b.rowStride === 1),
  shapeOf: ({ m, n, perSplit, splits }) => ({ m, n, k: perSplit, layers: splits }),
  productOf(problem) {
    const { m, n, k, a, b, perSplit } = problem;
    const leftColumns = a.columnStride !== 1;
    const rightAlongK = b.columnStride !== 1;
    return {
      leftColumns,
      rightAlongK,
      fours: {
        left: leftColumns
          ? fours(m, a.offset, a.columnStride, a.replicaStride)
          : fours(k, perSplit, a.offset, a.rowStride, a.replicaStride),
        right: !rightAlongK && fours(n, b.offset, b.rowStride, b.replicaStride),
        result: inFours(problem.y),
      },
      resultBinding: 5,
      constants: { ...matmulConstants(problem), ...elementAlias('Left', a), ...elementAlias('Right', b) },
      bindings: MATMUL_BINDINGS,
    };
  },
});
