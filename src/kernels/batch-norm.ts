import givenStatistics from '../../shaders/batch-norm/given.wgsl';
import normalize from '../../shaders/batch-norm/normalize.wgsl';
import normalizeRows from '../../shaders/batch-norm/normalize-rows.wgsl';
import normalizeVec4 from '../../shaders/batch-norm/normalize-vec4.wgsl';
import running from '../../shaders/batch-norm/running.wgsl';
import { elementsFamily } from './batch-norm/elements.ts';

/** Bindings: x, scale, offset, moments (or mean), variance, state, y; where it joins moments: running mean in variance's place, running variance last. */
export const batchNormFamily = /* @__PURE__ */ elementsFamily(
  'batch-norm',
  { direct: normalize, rows: normalizeRows, vec4: normalizeVec4 },
  ({ joined }) =>
    joined
      ? { before: running, bindings: ['read', 'read', 'read', 'read', 'write', 'read', 'write', 'write'] }
      : { before: givenStatistics, bindings: ['read', 'read', 'read', 'read', 'read', 'read', 'write'] },
);
