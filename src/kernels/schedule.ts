import type { Constants } from '../gpu/composer.ts';

/** How the learning rate changes with the step; plain data, evaluated on the GPU (shaders/lib/schedule.wgsl). */
export type Schedule =
  | { readonly type: 'constant' }
  /** Times `factor` after each `every` steps. */
  | { readonly type: 'step'; readonly every: number; readonly factor: number }
  /** Times `rate` over each `every` steps, smoothly, and never below the share `floor`. */
  | { readonly type: 'exponential'; readonly rate: number; readonly every: number; readonly floor?: number }
  /** Rises linearly over `warmup` steps, then falls along half a cosine to the share `floor` at `steps`. */
  | { readonly type: 'cosine'; readonly steps: number; readonly warmup?: number; readonly floor?: number };

export function scheduleConstants(schedule: Schedule): Constants {
  const codes = { constant: 0, step: 1, exponential: 2, cosine: 3 } as const;
  const steps = schedule.type === 'constant' ? 1 : schedule.type === 'cosine' ? schedule.steps : schedule.every;
  const rate = schedule.type === 'step' ? schedule.factor : schedule.type === 'exponential' ? schedule.rate : 1;
  return {
    SCHEDULE: codes[schedule.type],
    SCHEDULE_STEPS: steps,
    SCHEDULE_RATE: { f32: rate },
    SCHEDULE_WARMUP: schedule.type === 'cosine' ? (schedule.warmup ?? 0) : 0,
    SCHEDULE_FLOOR: { f32: 'floor' in schedule ? (schedule.floor ?? 0) : 0 },
  };
}
