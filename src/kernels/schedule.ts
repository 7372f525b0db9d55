/** How the learning rate changes with the step; plain data, evaluated on the GPU (shaders/lib/schedule.wgsl). */
export type Schedule =
  | { readonly type: 'constant' }
  /** Times `factor` after each `every` steps. */
  | { readonly type: 'step'; readonly every: number; readonly factor: number }
  /** Times `rate` over each `every` steps, smoothly, and never below the share `floor`. */
  | { readonly type: 'exponential'; readonly rate: number; readonly every: number; readonly floor?: number }
  /** Rises linearly over `warmup` steps, then falls along half a cosine to the share `floor` at `steps`. */
  | { readonly type: 'cosine'; readonly steps: number; readonly warmup?: number; readonly floor?: number }
  /**
   * Falls along half a cosine to the share `floor` over `every` steps, then begins anew, each time over `factor` times as many [1]: SGDR,
   * Loshchilov and Hutter, 2017.
   */
  | { readonly type: 'warmRestarts'; readonly every: number; readonly factor?: number; readonly floor?: number };

const CODES = { constant: 0, step: 1, exponential: 2, cosine: 3, warmRestarts: 4 } as const;

/** What the text of a shader says of a schedule: its type alone, so that trainings of any length share one compiled kernel. */
export function scheduleConstants({ type }: Schedule) {
  return { SCHEDULE: CODES[type] };
}

/** The largest number of steps that a shader counts. */
const MOST_STEPS = 2 ** 32 - 1;

export const SCHEDULE_WORDS = 5;

/** The numbers that shaders/lib/schedule.wgsl reads: steps, rate, warm-up, growth, floor. */
export function scheduleWords(schedule: Schedule): Uint32Array {
  const steps = schedule.type === 'constant' ? 1 : schedule.type === 'cosine' ? schedule.steps : schedule.every;
  const rate = schedule.type === 'step' ? schedule.factor : schedule.type === 'exponential' ? schedule.rate : 1;
  const growth = schedule.type === 'warmRestarts' ? (schedule.factor ?? 1) : 1;
  const words = new Uint32Array(SCHEDULE_WORDS);
  const floats = new Float32Array(words.buffer);
  const warmup = schedule.type === 'cosine' ? (schedule.warmup ?? 0) : 0;
  words.set([steps, 0, warmup, growth].map((count) => Math.min(count, MOST_STEPS)));
  floats[1] = rate;
  floats[4] = 'floor' in schedule ? (schedule.floor ?? 0) : 0;
  return words;
}
