import type { Format } from '../../search/file-formats.ts';
import type { StepType } from '../chain.ts';
import type { TuneContext } from '../fine-tune.ts';
import type { Copies } from '../network.ts';

/** What a chain needs to know of a kind of step; each is a file. */
export interface StepDefinition<S> {
  /** Steps from the mildest to the most that is tried, for files of a format; none where these would be no smaller for it. */
  ladder(format: Format): readonly S[];
  /** Nothing is trained for it: from a network that is there it is made in no time [false]. */
  readonly untrained?: true;
  /** Which step it takes the place of [none]. */
  readonly replaces?: StepType;
  /** `4 bits`. */
  words(step: S): string;
  /** Does it to all copies of a network, and trains on where that helps. */
  take(step: S, copies: Copies, context: TuneContext): Promise<Copies>;
}
