import { abortError, GpuError, LimitError } from '../core/errors.ts';
import { type BufferRange, COPY_DST, STORAGE } from '../gpu/buffers.ts';
import { type Command, createCommands } from '../gpu/commands.ts';
import type { Gpu } from '../gpu/gpu.ts';
import { timeDispatch } from '../gpu/profiler.ts';
import { Workspace } from '../gpu/workspace.ts';
import type { Decision } from '../kernels/family.ts';
import { NO_DATA_SET, TrainingState } from '../plan/state.ts';

/** How carefully to measure. */
export interface Effort {
  /** Milliseconds of work that one sample should hold. */
  readonly sampleMs: number;
  readonly samples: number;
}

/** Kernels that do the same, and the bytes behind each of their bindings (0 for the training state). */
export interface Candidates {
  readonly candidates: ReturnType<Decision['candidates']>;
  readonly bytes: readonly number[];
}

/** A variant whose first sample takes this many times as long as the best one's is measured no further. */
const HOPELESS = 2;
const MOST_REPEATS = 200;

/**
 * Times every candidate, by turns, on zeroed memory of its own. Returns the least milliseconds of a
 * dispatch by variant, or undefined where `stop` said so before all were done, or the device has no
 * memory for it. An abort throws an AbortError.
 */
export async function measureVariants(
  gpu: Gpu,
  { candidates, bytes }: Candidates,
  { sampleMs, samples }: Effort,
  stop: () => boolean,
  signal?: AbortSignal,
): Promise<Map<string, number> | undefined> {
  const workspace = new Workspace(gpu, 'measurement');
  try {
    const state = new TrainingState(workspace, 1);
    state.write({ step: 0, ...NO_DATA_SET, seeds: [0], learningRates: [0] });
    const ranges = bytes.map((size, binding): BufferRange => {
      if (size === 0) return state.range;
      const buffer = workspace.createBuffer(`tuning ${binding}`, size, STORAGE | COPY_DST);
      return { buffer, offset: 0, size: buffer.size };
    });
    const times = new Map<string, number>();
    const racing: { variant: string; command: Command; repeats: number }[] = [];
    const best = () => Math.min(...times.values());
    for (const { variant, kernel } of candidates) {
      if (signal?.aborted) throw abortError(signal.reason);
      if (stop()) return undefined;
      const [command] = await createCommands(workspace, [{ kernel, ranges }]);
      if (!command) continue;
      // The first dispatch compiles the shader.
      await timeDispatch(workspace, command, 1);
      const first = await timeDispatch(workspace, command, 1);
      times.set(variant, first);
      racing.push({ variant, command, repeats: Math.max(1, Math.min(MOST_REPEATS, Math.round(sampleMs / first))) });
    }
    for (let sample = 0; sample < samples; sample++)
      for (const { variant, command, repeats } of racing) {
        if (signal?.aborted) throw abortError(signal.reason);
        if (stop()) return undefined;
        if ((times.get(variant) ?? 0) > HOPELESS * best()) continue;
        times.set(variant, Math.min(times.get(variant) ?? Infinity, await timeDispatch(workspace, command, repeats)));
      }
    return times;
  } catch (error) {
    // What can't be measured, for want of memory or because the driver refuses it, is not chosen: the table decides.
    if (error instanceof LimitError || error instanceof GpuError) return undefined;
    throw error;
  } finally {
    workspace.destroy();
  }
}
