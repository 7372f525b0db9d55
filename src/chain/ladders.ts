import type { Format } from '../search/file-formats.ts';
import type { Chain, ChainStep, StepType } from './chain.ts';
import { isUntrained, ladderOf, replacedBy, STEP_TYPES } from './steps/registry.ts';

/** A chain with one of its steps a notch further, or with a step more. */
export interface Neighbour {
  readonly chain: Chain;
  readonly type: StepType;
  /** The notch on the ladder of that type. */
  readonly notch: number;
}

/**
 * Where a descent stands on the ladder of each type of step. A notch that loses the floor ends its ladder: what follows takes away more,
 * and in a network that has less of all else; but one for which nothing is trained is tried again after the next step, since it costs
 * nothing. A notch that makes nothing smaller, or can't be taken, is passed over.
 */
export class Ladders {
  private readonly at = new Map<StepType, number>();
  private readonly seen = new Map<StepType, number>();
  private readonly ended = new Set<StepType>();
  private readonly waiting = new Set<StepType>();

  constructor(private readonly format: Format) {}

  neighbours(): Neighbour[] {
    return STEP_TYPES.filter((type) => !this.ended.has(type) && !this.waiting.has(type)).flatMap((type) => {
      const notch = Math.max(this.at.get(type) ?? -1, this.seen.get(type) ?? -1) + 1;
      if (notch >= ladderOf(type, this.format).length) return [];
      return [{ type, notch, chain: this.chainWith(type, notch) }];
    });
  }

  goTo({ type, notch }: Neighbour): void {
    const replaced = replacedBy(type);
    const left = replaced && this.at.get(replaced);
    if (replaced && left !== undefined) {
      this.at.delete(replaced);
      this.seen.set(replaced, left);
    }
    this.at.set(type, notch);
    this.waiting.clear();
  }

  passOver({ type, notch }: Neighbour): void {
    this.seen.set(type, notch);
  }

  /** It lost the floor. */
  miss({ type }: Neighbour): void {
    (isUntrained(type) ? this.waiting : this.ended).add(type);
  }

  private chainWith(changed: StepType, notch: number): Chain {
    return STEP_TYPES.flatMap((type): ChainStep[] => {
      if (type === replacedBy(changed)) return [];
      const step = ladderOf(type, this.format)[type === changed ? notch : (this.at.get(type) ?? -1)];
      return step ? [step] : [];
    });
  }
}
