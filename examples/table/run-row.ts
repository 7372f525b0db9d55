import { type Gpu, VERSION } from 'paredown/node';
import { PartialFiles } from './partial.ts';
import type { Finished } from './store.ts';
import type { Context, Row } from './table.ts';

export interface RowRun extends Omit<Context, 'keep' | 'reached'> {
  /** Of the table: what the row keeps while it runs lies in it. */
  readonly folder: string;
  /** The row from fewer seeds, to which the others are added; only for a row that can be extended. */
  readonly begun?: Finished;
  /** Called before what the row kept while it ran is removed. */
  keep(finished: Omit<Finished, 'key' | 'table' | 'command'>): Promise<void>;
}

/** Runs a row to its end and keeps it; an interruption, or the end of the process, leaves the files from which it goes on. */
export async function runRow(row: Row, { folder, begun, keep, ...run }: RowRun): Promise<void> {
  const partial = new PartialFiles(folder, row);
  await partial.make();
  const before = await partial.begun();
  const started = performance.now();
  let { share } = before;
  const wallMs = () => before.wallMs + performance.now() - started;
  const context: Context = {
    ...run,
    keep: (name) => partial.path(name),
    reached: (now) => {
      share = now;
      return partial.keepBegun({ wallMs: wallMs(), share });
    },
  };
  try {
    const result = await (begun && row.extend ? row.extend(begun.result, context) : row.run?.(context));
    if (result) await keep({ ...record(row, run.gpu), result, wallMs: Math.round((begun?.wallMs ?? 0) + wallMs()) });
  } catch (error) {
    await partial.keepBegun({ wallMs: wallMs(), share });
    throw error;
  }
  await partial.remove({ all: true });
}

function record({ name, recipe, training, scale }: Row, gpu: Gpu) {
  const { description, kind } = gpu.info;
  return {
    row: name,
    recipe,
    training,
    scale,
    adapter: { description, kind },
    versions: { paredown: VERSION, node: process.versions.node },
    finished: new Date().toISOString(),
  };
}
