import { access, readdir, readFile } from 'node:fs/promises';
import { arch, availableParallelism, cpus, platform, release, totalmem } from 'node:os';
import { versions } from '../common/training/record.ts';
import type { SystemFacts } from './types.ts';

const VARIABLES = [
  'PAREDOWN_DATA',
  'PAREDOWN_DAWN_TOGGLES',
  'PAREDOWN_DEFAULT_LIMITS',
  'VK_DRIVER_FILES',
  'VK_ICD_FILENAMES',
  'VK_ADD_DRIVER_FILES',
  'LP_NUM_THREADS',
  'LIBGL_ALWAYS_SOFTWARE',
  'XDG_CACHE_HOME',
];

export async function systemFacts(): Promise<SystemFacts> {
  const { paredown, webgpu, node } = versions();
  return {
    paredown,
    node,
    ...(webgpu !== undefined && { webgpu }),
    system: `${platform()} ${release()} ${arch()}`,
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryBytes: totalmem(),
    graphics: platform() === 'linux' ? await linuxGraphics() : [],
    environment: Object.fromEntries(VARIABLES.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : []))),
  };
}

async function linuxGraphics(): Promise<string[]> {
  const nodes = (await readdir('/dev/dri').catch(() => [])).filter((name) => name.startsWith('renderD'));
  const nvidia = await readFile('/proc/driver/nvidia/version', 'utf8').catch(() => '');
  const windows = await access('/dev/dxg').then(
    () => ['/dev/dxg (WSL)'],
    () => [],
  );
  return [
    ...nodes.map((name) => `/dev/dri/${name}`),
    ...(nvidia === '' ? [] : [(nvidia.split('\n')[0] ?? '').replace(/^NVRM version: /, '').replace(/\s+/g, ' ')]),
    ...windows,
  ];
}
