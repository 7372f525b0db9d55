import { createRequire } from 'node:module';
import { DataError, type Gpu, type PlanSummary, VERSION } from 'paredown/node';
import type { DataFacts, Versions } from './events.ts';
import type { RunOptions } from './run-options.ts';

/** One start of the program for a run. */
export interface Session {
  readonly started: string;
  readonly fromStep: number;
  readonly adapter: Gpu['info'];
  readonly versions: Versions;
}

/** run.json: what the run is, and its latest session; `earlier` holds the sessions before that. */
export interface RunRecord extends Session {
  readonly format: 1;
  readonly options: RunOptions;
  readonly data: DataFacts;
  readonly modelHash: string;
  /** Kernel variants by family, in the order of the dispatches: a run keeps those it began with. */
  readonly variants?: PlanSummary['variants'];
  readonly earlier: readonly Session[];
}

export function sessionOf({ started, fromStep, adapter, versions }: Session): Session {
  return { started, fromStep, adapter, versions };
}

export function versions(): Versions {
  return { paredown: VERSION, webgpu: webgpuVersion(), node: process.version, system: `${process.platform} ${process.arch}` };
}

/** Dawn's binding is paredown's dependency, not ours: it may lie where only paredown finds it. */
function webgpuVersion(): string | undefined {
  try {
    const { version } = createRequire(import.meta.url)('webgpu/package.json') as { version?: string };
    return version;
  } catch {
    return undefined;
  }
}

/** Parses run.json. Throws a DataError that names the file and what is wrong with it. */
export function readRecord(file: string, text: string): RunRecord {
  const record = parse(file, text) as Partial<RunRecord> | null;
  const options: Partial<RunOptions> = record?.options ?? {};
  const wrong = (['steps', 'batch', 'learningRate', 'seed', 'evaluateEvery'] as const).find(
    (key) => typeof options[key] !== 'number',
  );
  if (record?.format !== 1) throw refusal(file, `"format" is ${JSON.stringify(record?.format)}, not 1`);
  if (wrong) throw refusal(file, `"options.${wrong}" is ${JSON.stringify(options[wrong])}, not a number`);
  if (typeof options.data !== 'string') throw refusal(file, `"options.data" is ${JSON.stringify(options.data)}, not a text`);
  for (const key of ['data', 'adapter', 'versions', 'earlier'] as const)
    if (typeof record[key] !== 'object' || record[key] === null) throw refusal(file, `"${key}" is missing`);
  return { ...record, options: { tune: 'off', precision: 'f32', ...options } } as RunRecord;
}

function parse(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw refusal(file, `it is no JSON (${error instanceof Error ? error.message : error})`);
  }
}

function refusal(file: string, problem: string): DataError {
  return new DataError(
    `${file} is damaged: ${problem}. The run can't be resumed; leave --resume out to set it aside and start a new one.`,
  );
}
