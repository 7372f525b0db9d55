import type { Shape } from '../../core/value.ts';
import type { Dataset } from '../../data/dataset.ts';
import type { LossName, LossOptions } from '../../kernels/loss.ts';
import type { GoalKind } from '../../ops/loss.ts';

/** A number that a loss can be given. */
export interface LossOption {
  /** [it must be given] */
  readonly default?: number;
  readonly allows: (value: number) => boolean;
  /** What it must be, as an error says it. */
  readonly expected: string;
}

/**
 * A loss that a trainer knows: all but its code, shaders/loss/<name>.wgsl, which gets the options as constants. Adding one is this, that, a
 * line in `src/kernels/loss.ts` and one in the registry beside this file.
 */
export interface LossDefinition {
  /** What a batch's output is compared with. */
  readonly goal: GoalKind;
  /** The activation that it contains, so that a model to be trained must not end with it. */
  readonly contains?: 'softmax' | 'sigmoid';
  readonly options: Readonly<Record<string, LossOption>>;
  /** What evaluation and validation are told by instead, which lack what only training data have [itself]. */
  readonly evaluatedBy?: LossName;
  /** What is wrong with the shape of a sample's output; undefined where nothing is. Of targets, any shape will do. */
  wrongOutput?(sample: Shape): string | undefined;
  /** Throws a ShapeError or DataError where data with labels do not suit the output. Of targets it is the shape that must. */
  checkData?(where: string, data: Omit<Dataset, 'x' | 'y'>, output: Shape): void;
}

/** A loss, every choice made. */
export interface LossSpec {
  readonly loss: LossName;
  readonly options: LossOptions;
}
