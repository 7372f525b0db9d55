import { readFileSync } from 'node:fs';
import { OptionError } from '../../src/core/errors.ts';
import type { Ceilings } from '../ceilings.ts';
import type { Machine } from '../common/machine.ts';
import type { Spread } from '../common/statistics.ts';
import type { Measured } from './list.ts';
import type { KernelResult, VariantResult } from './measure.ts';
import type { Clock } from './timing.ts';

/** What an adapter's ceilings let a kernel be limited by. */
export type Limit = 'compute' | 'memory' | 'dispatch';

/** One variant of one kernel, as it is printed, drawn and kept. Without `ms`: `error` tells why. */
export interface Row {
  readonly family: string;
  readonly variant: string;
  readonly preferred: boolean;
  readonly networks: readonly string[];
  readonly shape: string;
  readonly operations: number;
  readonly bytes: number;
  readonly ms?: Spread;
  readonly processorMs?: number;
  readonly firstMs: number;
  readonly referenceMs: number;
  readonly onnxMs?: number;
  readonly gflops?: number;
  readonly gigabytesPerSecond?: number;
  /** Of what the ceilings allow: 1 is the limit. */
  readonly share?: number;
  readonly limit: Limit;
  readonly error?: string;
}

export interface Report {
  readonly format: 1;
  readonly program: 'paredown kernels';
  readonly machine: Machine;
  readonly clock: Clock;
  readonly ceilings: Ceilings;
  readonly rows: readonly Row[];
}

export function rowsOf(measured: Measured, result: KernelResult, onnxMs: number | undefined, ceilings: Ceilings): Row[] {
  const { family, networks } = measured;
  const { shape, operations, bytes } = measured.case;
  const { milliseconds, limit } = leastTime(operations, bytes, ceilings);
  return result.variants.map((found: VariantResult): Row => {
    const { ms } = found;
    return {
      family,
      networks,
      shape,
      operations,
      bytes,
      ...found,
      referenceMs: result.referenceMs,
      ...(onnxMs !== undefined && { onnxMs }),
      limit,
      ...(ms && {
        gflops: operations / ms.median / 1e6,
        gigabytesPerSecond: bytes / ms.median / 1e6,
        share: milliseconds / ms.median,
      }),
    };
  });
}

/** The time below which no kernel of so much work can be, by these ceilings, and which of them it is. */
export function leastTime(operations: number, bytes: number, ceilings: Ceilings): { milliseconds: number; limit: Limit } {
  const times: readonly [Limit, number][] = [
    ['compute', operations / ceilings.gflops / 1e6],
    ['memory', bytes / ceilings.copyGBs / 1e6],
    ['dispatch', ceilings.dispatchUs / 1e3],
  ];
  const [limit, milliseconds] = times.reduce((most, one) => (one[1] > most[1] ? one : most));
  return { milliseconds, limit };
}

/** Throws an OptionError where a file is no such report. */
export function readReport(path: string): Report {
  let found: Partial<Report>;
  try {
    found = JSON.parse(readFileSync(path, 'utf8')) as Partial<Report>;
  } catch (error) {
    throw new OptionError(`--compare ${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (found?.program !== 'paredown kernels' || found.format !== 1 || !Array.isArray(found.rows))
    throw new OptionError(`--compare ${path}: no report of npm run bench`);
  return found as Report;
}
