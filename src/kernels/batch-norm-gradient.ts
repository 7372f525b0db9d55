import gradient from '../../shaders/batch-norm/gradient.wgsl';
import gradientChannels from '../../shaders/batch-norm/gradient-channels.wgsl';
import gradientRows from '../../shaders/batch-norm/gradient-rows.wgsl';
import gradientSums from '../../shaders/batch-norm/gradient-sums.wgsl';
import gradientVec4 from '../../shaders/batch-norm/gradient-vec4.wgsl';
import { channelsFamily } from './batch-norm/channels.ts';
import { elementsFamily } from './batch-norm/elements.ts';
import { batchNormConstants, perChannel, single, sized } from './batch-norm/problem.ts';
import { kernel } from './library.ts';

/** Bindings: partial, scale gradient, offset gradient, sums. */
export const batchNormSumsFamily = /* @__PURE__ */ single('batch-norm-gradient-sums', (problem, capabilities) => {
  const spread = perChannel(problem, problem.replicas, capabilities);
  return kernel(
    'batch-norm-gradient-sums/direct',
    gradientSums,
    sized(problem, { ...batchNormConstants(problem), ...spread.constants }, capabilities),
    ['read', 'write', 'write', 'write'],
    spread.workgroups,
  );
});

/** Bindings: x, dy, scale, moments (or mean), sums (or variance), saved, state, dx. */
export const batchNormGradientFamily = /* @__PURE__ */ elementsFamily(
  'batch-norm-gradient',
  { direct: gradient, rows: gradientRows, vec4: gradientVec4 },
  () => ({ before: '', bindings: ['read', 'read', 'read', 'read', 'read', 'read', 'read', 'write'] }),
);

/** All gradients. Bindings: x, dy, scale, moments, state, dx, gradients of scale and offset. */
export const batchNormGradientChannelsFamily = /* @__PURE__ */ channelsFamily('batch-norm-gradient-channels', gradientChannels, [
  'read',
  'read',
  'read',
  'read',
  'read',
  'write',
  'write',
  'write',
]);
