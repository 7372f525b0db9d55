import type { Format } from '../../search/file-formats.ts';
import type { Chain, ChainStep, StepOf, StepType } from '../chain.ts';
import type { TuneContext } from '../fine-tune.ts';
import type { Copies } from '../network.ts';
import type { StepDefinition } from './definition.ts';
import { factorize } from './factorize.ts';
import { filters } from './filters.ts';
import { prune } from './prune.ts';
import { quantize } from './quantize.ts';
import { round } from './round.ts';
import { share } from './share.ts';

/** In the order in which a chain takes its steps. */
const STEPS: { readonly [T in StepType]: StepDefinition<StepOf<T>> } = { filters, factorize, prune, quantize, share, round };

export const STEP_TYPES = Object.keys(STEPS) as readonly StepType[];

export function ladderOf(type: StepType, format: Format): readonly ChainStep[] {
  return STEPS[type].ladder(format);
}

/** The step that can't be taken beside one. */
export function replacedBy(type: StepType): StepType | undefined {
  return STEPS[type].replaces;
}

/** What a step that trains nothing is done to, where the last of a chain is one; undefined of other chains. */
export function beforeUntrained(chain: Chain): Chain | undefined {
  const last = chain.at(-1);
  return last && isUntrained(last.type) ? chain.slice(0, -1) : undefined;
}

export function isUntrained(type: StepType): boolean {
  return STEPS[type].untrained === true;
}

export function takeStep<T extends StepType>(step: StepOf<T>, copies: Copies, context: TuneContext): Promise<Copies> {
  return definitionOf<T>(step).take(step, copies, context);
}

/** `80% pruned, 4 bits`; `as it is`. */
export function chainWords(chain: Chain): string {
  return chain.length === 0 ? 'as it is' : chain.map((step) => definitionOf(step).words(step)).join(', ');
}

function definitionOf<T extends StepType>({ type }: StepOf<T>): StepDefinition<StepOf<T>> {
  return STEPS[type as T];
}
