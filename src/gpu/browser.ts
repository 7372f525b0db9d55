import { NoAdapterError } from '../core/errors.ts';
import { type Gpu, type GpuOptions, openOn } from './gpu.ts';

const ADVICE =
  'Use a browser with WebGPU (Chrome or Edge 113, Safari 26, Firefox 141 or later) over https or localhost; on Linux, Chrome may need ' +
  'chrome://flags/#enable-unsafe-webgpu. In Node, import openGpu from paredown/node.';

/** Opens the browser's WebGPU. Throws a NoAdapterError, whose message says what to do, where there is none. */
export async function openGpu(options: GpuOptions = {}): Promise<Gpu> {
  const entry = typeof navigator === 'undefined' ? undefined : navigator.gpu;
  if (!entry) throw new NoAdapterError(`This environment has no WebGPU (navigator.gpu). ${ADVICE}`);
  return openOn({ entry, advice: ADVICE }, options);
}
