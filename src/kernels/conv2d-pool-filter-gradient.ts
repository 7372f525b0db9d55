import type { Capabilities } from '../gpu/gpu.ts';
import { channelsVariant } from './conv2d-pool-filter-gradient/cpu/channels.ts';
import type { Conv2dPoolFilterGradientProblem } from './conv2d-pool-filter-gradient/problem.ts';
import { windowsVariant } from './conv2d-pool-filter-gradient/windows.ts';
import { APART, type FusedFamily } from './fused.ts';

/** Input channels up to which, on a GPU, reading the image at each winner is cheaper than writing and reading each pixel's gradient. */
const MOST_GPU_CHANNELS = 4;
/** Pixels of a window from which, without shuffles, the fewer terms make up for a load each. */
const MANY_PIXELS = 12;

/** Measured on lavapipe; see bench/README.md. A sum over windows has so many times fewer terms than one over pixels as a window has pixels. */
function prefer(problem: Conv2dPoolFilterGradientProblem, capabilities: Capabilities): string {
  const { pool, inputChannels, outputChannels } = problem;
  if (capabilities.kind === 'gpu') return inputChannels <= MOST_GPU_CHANNELS ? 'windows' : APART;
  if (outputChannels > 1 && channelsVariant.supports(problem, capabilities)) return 'channels';
  return outputChannels === 1 || pool.windowHeight * pool.windowWidth > MANY_PIXELS ? 'windows' : APART;
}

export const conv2dPoolFilterGradientFamily: FusedFamily<Conv2dPoolFilterGradientProblem> = {
  name: 'conv2d-pool-filter-gradient',
  variants: [windowsVariant, channelsVariant],
  prefer,
};
