import { NoAdapterError } from '../core/errors.ts';
import { type Gpu, type GpuOptions, openOn } from './gpu.ts';
import type { TextStore } from './platform.ts';

const ADVICE =
  'Use a browser with WebGPU, over https or localhost (tried on Linux in November 2026: Chromium 156 with the flag --enable-unsafe-webgpu, ' +
  'Firefox 153 ESR with dom.webgpu.enabled and gfx.webgpu.ignore-blocklist in about:config), or Deno (2.9.6 with --unstable-webgpu). ' +
  'In Node, import openGpu from paredown/node.';

export async function openGpu(options: GpuOptions = {}): Promise<Gpu> {
  const entry = typeof navigator === 'undefined' ? undefined : navigator.gpu;
  if (!entry) throw new NoAdapterError(`This environment has no WebGPU (navigator.gpu). ${ADVICE}`);
  const nudge = /\bFirefox\//.test(navigator.userAgent);
  const naga = nudge || /\bDeno\//.test(navigator.userAgent);
  return openOn({ entry, advice: ADVICE, nudge, naga, ...(hasStorage() && { store: browserStore }) }, options);
}

const PREFIX = 'paredown/';

const browserStore: TextStore = {
  read: async (name) => localStorage.getItem(PREFIX + name) ?? undefined,
  write: async (name, text) => localStorage.setItem(PREFIX + name, text),
};

/** Workers have no localStorage, and a page may be forbidden it, which throws. */
function hasStorage(): boolean {
  try {
    return typeof localStorage !== 'undefined';
  } catch {
    return false;
  }
}
