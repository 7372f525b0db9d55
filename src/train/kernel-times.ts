import { checkArguments, RECORD, refuseUnknown } from '../core/arguments.ts';
import { abortError, LimitError, OptionError } from '../core/errors.ts';
import { shown } from '../core/shown.ts';
import type { Dataset } from '../data/dataset.ts';
import { DATASET } from '../data/kind.ts';
import { COPY_DST, COPY_SRC } from '../gpu/buffers.ts';
import type { Command } from '../gpu/commands.ts';
import { timePasses } from '../gpu/profiler.ts';
import { checkSignal } from './checks.ts';
import type { TrainerParts } from './parts.ts';
import { checkFits } from './resident.ts';
import type { KernelWork } from './training-step.ts';

export interface KernelTimesOptions {
  /** About how long to measure, in milliseconds [300]; each kernel is run twice in any case. */
  readonly budgetMs?: number;
  readonly signal?: AbortSignal;
}

/** A kernel of a training step, and how long it takes. */
export interface KernelTime extends KernelWork {
  /** Milliseconds of one dispatch on the GPU, the mean of the repeats. */
  readonly ms: number;
}

export interface KernelTimes {
  /** In the order in which a step dispatches them. */
  readonly kernels: readonly KernelTime[];
  /** How often each was dispatched, in a row. */
  readonly repeats: number;
}

const BUDGET_MS = 300;
/** So often timestamps that are rounded to 0.1 ms tell half a microsecond. The counting of the step has room for 1,019. */
const MOST_REPEATS = 200;

/** Throws an OptionError, ShapeError or DataError where the kernels can't be timed so, a LimitError where the device has no timestamps. */
export function checkKernelTimes(
  data: Dataset,
  options: KernelTimesOptions,
  { workspace, settings, network, graph }: TrainerParts,
): void {
  checkArguments('kernelTimes(train, { budgetMs: 300 })', { data: DATASET, options: RECORD }, [data, options]);
  const { budgetMs, signal, ...rest } = options;
  refuseUnknown('kernelTimes', rest, ['budgetMs', 'signal']);
  if (budgetMs !== undefined && !(typeof budgetMs === 'number' && budgetMs > 0 && Number.isFinite(budgetMs)))
    throw new OptionError(`kernelTimes: budgetMs must be a positive number of milliseconds, got ${shown(budgetMs)}`);
  checkSignal('kernelTimes', signal);
  if (signal?.aborted) throw abortError(signal.reason);
  checkFits(data, network.model.input, graph.outputShape, settings.loss);
  if (!workspace.gpu.features.has('timestamp-query'))
    throw new LimitError(
      'timestamp-query',
      0,
      1,
      'Timing kernels one by one',
      'This device has no timestamp queries; stepMs in the reports of a fit tells what a whole step takes.',
    );
}

/**
 * Milliseconds of each command of a step, the mean of as many dispatches in a row as the budget has room for. What the step changes is
 * saved before and put back after, in submits between which nobody else's come: the training does not notice.
 */
export async function timeKernels(
  { workspace, settings, parameters, state, queue }: TrainerParts,
  commands: readonly Command[],
  samples: number,
  step: number,
  { budgetMs = BUDGET_MS, signal }: KernelTimesOptions,
): Promise<{ times: readonly number[]; repeats: number }> {
  const part = workspace.part();
  try {
    const saved = [...parameters.kept, state.range.buffer].map((original) => ({
      original,
      copy: part.createBuffer(`${original.label} saved`, original.size, COPY_SRC | COPY_DST),
    }));
    await part.settled();
    const measure = (repeats: number) => {
      workspace.check();
      part.submit((encoder) => {
        for (const { original, copy } of saved) encoder.copyBufferToBuffer(original, 0, copy, 0, original.size);
      });
      state.write({ ...settings, step, origin: step, samples });
      const times = timePasses(part, commands, repeats);
      part.submit((encoder) => {
        for (const { original, copy } of saved) encoder.copyBufferToBuffer(copy, 0, original, 0, original.size);
        encoder.clearBuffer(queue.range.buffer);
      });
      return times;
    };
    const once = (await measure(1)).reduce((sum, ms) => sum + ms, 0);
    if (signal?.aborted) throw abortError(signal.reason);
    const repeats = Math.max(1, Math.min(MOST_REPEATS, Math.floor(budgetMs / once)));
    return { times: (await measure(repeats)).map((ms) => ms / repeats), repeats };
  } finally {
    part.destroy();
  }
}
