import { evolve } from './strategies/evolve.ts';
import { greedy } from './strategies/greedy.ts';
import { fitted } from './strategies/model.ts';
import { pare } from './strategies/pare/pare.ts';
import { random } from './strategies/random.ts';
import type { Strategy } from './strategy.ts';

/** The strategies by name. */
export const STRATEGIES = { evolve, greedy, model: fitted, pare, random } as const satisfies Readonly<Record<string, Strategy>>;

export type StrategyName = keyof typeof STRATEGIES;
