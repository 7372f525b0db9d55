import type { DivergedError } from '../core/errors.ts';
import type { InputDescription } from '../data/input-description.ts';
import type { StreamPosition } from '../data/stream.ts';
import type { PlanSummary } from '../plan/summary.ts';

/** Where a training stands, beside its weights and moments. */
export interface TrainingPosition {
  /** Steps submitted, counted over all calls of fit and a restored checkpoint's. */
  step: number;
  /** The step at which the present data set's first epoch began, and that set's hash. */
  origin: number;
  dataHash: string | undefined;
  /** What the latest data were; undefined before the first, and of a checkpoint that does not tell. */
  input: InputDescription | undefined;
  /** Where the present stream goes on. */
  stream: StreamPosition | undefined;
  /** The kernel variants of a restored checkpoint, until the training goes on with them. */
  variants: PlanSummary['variants'] | undefined;
  /** What made the weights worthless. */
  diverged: DivergedError | undefined;
}

export function startingPosition(): TrainingPosition {
  return {
    step: 0,
    origin: 0,
    dataHash: undefined,
    input: undefined,
    stream: undefined,
    variants: undefined,
    diverged: undefined,
  };
}
