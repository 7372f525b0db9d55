import type { Command } from '../../src/gpu/commands.ts';
import type { Gpu } from '../../src/gpu/gpu.ts';
import { mismatch } from '../cases/case.ts';
import { type Spread, spreadOf } from '../common/statistics.ts';
import type { MeasuredVariant } from './found.ts';
import type { Measured } from './list.ts';
import { Rotation } from './rotation.ts';
import { timeGroups } from './timing.ts';

/** What was found of one variant: times, or why there are none. */
export interface VariantResult {
  readonly variant: string;
  readonly preferred: boolean;
  /** Milliseconds from the pipeline's creation to the end of the first dispatch: drivers compile there. */
  readonly firstMs: number;
  /** Milliseconds of a dispatch. Absent where the result was wrong. */
  readonly ms?: Spread;
  /** Milliseconds of a dispatch that this process computed, in all threads: a software driver's work, steadier than the clock. */
  readonly processorMs?: number;
  readonly error?: string;
}

export interface KernelResult {
  readonly referenceMs: number;
  readonly variants: readonly VariantResult[];
}

export interface Effort {
  /** How often each variant is timed [as often as fits into about 0.4 s, 9 to 60 times]. */
  readonly repeats?: number;
}

/** A group is at least this long, so that the clock's steps do not matter. */
const GROUP_MS = 0.2;
const EFFORT_MS = 400;
/** The variants take turns, so that a change in the machine's speed meets all of them. */
const ROUNDS = 3;

/** Checks each variant against the reference, then times those that are right. */
export async function measureKernel(
  gpu: Gpu,
  measured: Measured,
  variants: readonly MeasuredVariant[],
  { repeats }: Effort,
): Promise<KernelResult> {
  const data = measured.case.data();
  const expected = data.expected();
  const rotation = Rotation.create(gpu, data.bindings);
  try {
    const checked: { variant: MeasuredVariant; firstMs: number; commands: readonly Command[]; error?: string }[] = [];
    rotation.fill();
    for (const variant of variants) {
      rotation.fill(1);
      await gpu.finished();
      const start = performance.now();
      const commands = await rotation.commands(variant.kernel);
      await timeGroups(gpu, [commands.slice(0, 1)]);
      const firstMs = performance.now() - start;
      const error = mismatch(expected.value, await rotation.read());
      checked.push({ variant, firstMs, commands, error });
    }
    const right = checked.filter(({ error }) => error === undefined);
    const times = await timeVariants(
      gpu,
      right.map(({ commands }) => commands),
      repeats,
    );
    return {
      referenceMs: expected.milliseconds,
      variants: checked.map((one) => {
        const { name, preferred } = one.variant;
        const found = times[right.indexOf(one)];
        const timing = found && { ms: spreadOf(found.times), processorMs: found.processorMs };
        return { variant: name, preferred, firstMs: one.firstMs, ...timing, ...(one.error && { error: one.error }) };
      }),
    };
  } finally {
    rotation.destroy();
  }
}

/** Times the dispatches of each variant, whose sets of buffers go round. */
async function timeVariants(gpu: Gpu, variants: readonly (readonly Command[])[], repeats: number | undefined) {
  const runs = [];
  for (const commands of variants) {
    const [once = Number.NaN] = await timeGroups(gpu, [commands.slice(-1)]);
    const group = Math.max(1, Math.min(100, Math.ceil(GROUP_MS / once)));
    const wanted = repeats ?? Math.max(9, Math.min(60, Math.round(EFFORT_MS / (once * group))));
    runs.push({ commands, group, wanted, times: [] as number[], processorMs: 0, next: 0 });
  }
  for (let round = 0; round < ROUNDS; round++)
    for (const run of runs) {
      const count = Math.floor((run.wanted * (round + 1)) / ROUNDS) - Math.floor((run.wanted * round) / ROUNDS);
      if (count === 0) continue;
      const groups = Array.from({ length: count }, () =>
        Array.from({ length: run.group }, () => run.commands[run.next++ % run.commands.length] as Command),
      );
      const before = process.cpuUsage();
      run.times.push(...(await timeGroups(gpu, groups)));
      const { user, system } = process.cpuUsage(before);
      run.processorMs += (user + system) / 1000 / run.group;
    }
  return runs.map(({ times, processorMs, wanted }) => ({ times, processorMs: processorMs / wanted }));
}
