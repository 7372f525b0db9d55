import { InvalidArgumentError } from 'commander';
import type { RecipeSchedule } from 'paredown/node';

/** How the learning rate changes, as it is typed and kept. */
export type ScheduleText = string;

export const SCHEDULE_HELP =
  'of the learning rate: cosine (falls to 0), one-cycle (rises over 30% first; one-cycle=0.1 over 10%) or warm-restarts (three cosines, each twice as long; warm-restarts=4x1: four of one length)';

const CYCLE = 0.3;
const RESTARTS = { cycles: 3, factor: 2 };

/** For commander. */
export function schedule(text: string): ScheduleText {
  recipeSchedule(text);
  return text;
}

/** Throws an InvalidArgumentError for a text that is none. */
export function recipeSchedule(text: ScheduleText): RecipeSchedule {
  if (text === 'cosine') return { type: 'cosine' };
  if (text === 'one-cycle') return { type: 'cosine', warmup: CYCLE };
  if (text === 'warm-restarts') return { type: 'warmRestarts', ...RESTARTS };
  const warmup = Number(/^one-cycle=(0?\.\d+)$/.exec(text)?.[1] ?? 0);
  if (warmup > 0) return { type: 'cosine', warmup };
  const [, cycles, factor] = /^warm-restarts=([1-9]\d{0,5})x([1-9]\d{0,5})$/.exec(text) ?? [];
  if (cycles !== undefined && factor !== undefined)
    return { type: 'warmRestarts', cycles: Number(cycles), factor: Number(factor) };
  throw new InvalidArgumentError(
    'It must be cosine or one-cycle or warm-restarts, these two also as one-cycle=0.1 (rises over 10%) and warm-restarts=3x2 (three, each twice as long).',
  );
}

/** How a schedule is typed. */
export function scheduleText(given: RecipeSchedule): ScheduleText {
  if (given.type === 'cosine') {
    const { warmup = 0 } = given;
    return warmup === 0 ? 'cosine' : warmup === CYCLE ? 'one-cycle' : `one-cycle=${warmup}`;
  }
  const { cycles, factor = 1 } = given;
  return cycles === RESTARTS.cycles && factor === RESTARTS.factor ? 'warm-restarts' : `warm-restarts=${cycles}x${factor}`;
}
