import type { UpdateRule } from '../../kernels/optimizer.ts';

/** An optimizer's choices as plain data, all but the learning rate, which lies in the training state: what a checkpoint records. */
export interface SpecOf<T extends string> {
  readonly type: T;
}

/** What makes an optimizer, and how it updates a parameter. */
export interface OptimizerDefinition<Options extends object, Spec extends SpecOf<string>> {
  /** Every choice made. Throws an OptionError for an option that is unknown or out of range. */
  make(options: Options): Spec & { readonly learningRate: number };
  rule(spec: Spec): UpdateRule;
}
