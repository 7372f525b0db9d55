import { create, globals } from 'webgpu';
import { checkOptions, type Gpu, type GpuOptions, openOn } from './gpu.ts';
import { userStore } from './user-cache.ts';

/**
 * Dawn crashes when the object that `create()` returned is garbage-collected (kernels.md), so each instance is pinned here,
 * by its flags, for the life of the process. This is the engine's one global.
 */
const PINNED = Symbol.for('paredown.dawn');
type Pinned = typeof globalThis & { [PINNED]?: Map<string, GPU> };

export async function openGpu(options: GpuOptions = {}): Promise<Gpu> {
  const flags = (process.env.PAREDOWN_DAWN_TOGGLES ?? '').split(';').filter(Boolean);
  checkOptions(options);
  if (options.adapter) flags.push(`adapter=${options.adapter}`);
  if (options.validation === false) flags.push('enable-dawn-features=skip_validation');
  return openOn(
    {
      entry: instance(flags),
      advice: advice(),
      idle: nap,
      store: userStore,
      defaultsOnly: process.env.PAREDOWN_DEFAULT_LIMITS === '1',
    },
    options,
  );
}

function instance(flags: readonly string[]): GPU {
  const holder = globalThis as Pinned;
  holder[PINNED] ??= new Map();
  const pinned = holder[PINNED];
  const key = flags.join(';');
  let entry = pinned.get(key);
  if (!entry) {
    for (const [name, value] of Object.entries(globals))
      if (!(name in globalThis)) Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
    entry = create([...flags]);
    pinned.set(key, entry);
  }
  return entry;
}

const cell = new Int32Array(new SharedArrayBuffer(4));

function nap(milliseconds: number): void {
  Atomics.wait(cell, 0, 0, milliseconds);
}

function advice(): string {
  const tried = process.env.VK_DRIVER_FILES ?? process.env.VK_ICD_FILENAMES;
  const looked = tried ? ` (looked for the Vulkan drivers that the environment names: ${tried})` : '';
  if (process.platform === 'linux')
    return (
      `Dawn needs a Vulkan driver${looked}. Install your GPU's driver, or Mesa's, which has one for the processor too: ` +
      "'sudo apt-get install mesa-vulkan-drivers' (Debian, Ubuntu; on Debian 12 from bookworm-backports), " +
      "'sudo dnf install mesa-vulkan-drivers' (Fedora) or 'sudo pacman -S vulkan-swrast' (Arch)."
    );
  if (process.platform === 'darwin') return 'Dawn needs Metal: macOS 11 or later on a Mac that supports it.';
  if (process.platform === 'win32') return 'Dawn needs Direct3D 12 or Vulkan: update the graphics driver.';
  return 'Dawn has no adapter on this system.';
}
