import { execFileSync } from 'node:child_process';
import { cpus } from 'node:os';
import { VERSION } from '../../src/core/version.ts';
import type { Gpu } from '../../src/gpu/gpu.ts';

/** Where and with what something was measured. */
export interface Machine {
  readonly adapter: string;
  readonly vendor: string;
  readonly architecture: string;
  readonly kind: 'gpu' | 'cpu';
  readonly subgroupSize: number;
  readonly processor: string;
  readonly cores: number;
  readonly system: string;
  readonly node: string;
  readonly paredown: string;
  /** With `, changed` behind it where files differ from that commit; absent outside of a checkout. */
  readonly commit?: string;
  readonly date: string;
}

/** The adapter's description holds its driver and that one's version, as far as the driver tells. */
export function machineOf({ info, capabilities }: Gpu): Machine {
  const { vendor, architecture, kind } = info;
  const processors = cpus();
  return {
    adapter: info.description || info.device || vendor,
    vendor,
    architecture,
    kind,
    subgroupSize: capabilities.subgroupSize,
    processor: processors[0]?.model.trim() ?? 'unknown',
    cores: processors.length,
    system: `${process.platform} ${process.arch}`,
    node: process.version,
    paredown: VERSION,
    ...commitOf(),
    date: new Date().toISOString(),
  };
}

export function machineLine({ adapter, kind, processor, cores, node, commit, date }: Machine): string {
  const host = kind === 'cpu' ? `${cores} cores of ${processor}` : `host ${cores} cores of ${processor}`;
  return `${adapter}; ${host}; Node ${node.slice(1)}; ${commit ? `commit ${commit}; ` : ''}${date.slice(0, 10)}`;
}

/** What differs between two machines, so that times taken there are not compared as if they were of one; undefined: nothing. */
export function differenceOf(a: Machine, b: Machine): string | undefined {
  const names = ['adapter', 'processor', 'cores', 'system', 'node'] as const;
  const different = names.filter((name) => a[name] !== b[name]);
  return different.length === 0 ? undefined : different.map((name) => `${name} ${a[name]} then ${b[name]}`).join('; ');
}

export function commitOf(): { commit?: string } {
  const git = (...args: string[]) => execFileSync('git', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  try {
    return { commit: `${git('rev-parse', '--short', 'HEAD')}${git('status', '--porcelain') ? ', changed' : ''}` };
  } catch {
    return {};
  }
}
