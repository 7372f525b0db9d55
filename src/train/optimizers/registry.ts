import { OptionError } from '../../core/errors.ts';
import { shown } from '../../core/shown.ts';
import type { UpdateRule } from '../../kernels/optimizer.ts';
import { adam } from './adam.ts';
import { adamW } from './adamW.ts';
import type { OptimizerDefinition, SpecOf } from './definition.ts';
import { rmsprop } from './rmsprop.ts';
import { sgd } from './sgd.ts';

export const OPTIMIZERS = { adam, adamW, rmsprop, sgd };

/** An optimizer's type: the name of the function that makes it. */
export type OptimizerType = keyof typeof OPTIMIZERS;

/** The choices of one type of optimizer. */
export type SpecOfType<T extends OptimizerType> =
  (typeof OPTIMIZERS)[T] extends OptimizerDefinition<never, infer Spec> ? Spec : never;

/** An optimizer, every choice made; the learning rate lies in the training state. Plain data. */
export type OptimizerSpec = { [T in OptimizerType]: SpecOfType<T> }[OptimizerType];

/** An optimizer as its function makes it; plain data. */
export type Optimizer = OptimizerSpec & { readonly learningRate: number };

export const optimizerTypes = /* @__PURE__ */ Object.keys(OPTIMIZERS) as readonly OptimizerType[];

/** The function that makes optimizers of a type: what it gives is frozen. */
export function makerOf<Options extends object, Spec extends SpecOf<string>>(definition: OptimizerDefinition<Options, Spec>) {
  return (options: Options): Spec & { readonly learningRate: number } => Object.freeze(definition.make(options));
}

/** An optimizer checked again: made by hand, it may lack or break what its function sees to. */
export function checkedOptimizer(where: string, optimizer: Optimizer): { spec: OptimizerSpec; learningRate: number } {
  const { type, ...options } = optimizer ?? {};
  if (!Object.hasOwn(OPTIMIZERS, type))
    throw new OptionError(
      `${where}: optimizer must be made with ${optimizerTypes
        .map((name) => `${name}()`)
        .join(', ')
        .replace(/, (?=[^,]*$)/, ' or ')}, got ${shown(optimizer)}`,
    );
  const { learningRate, ...spec } = (OPTIMIZERS[type] as OptimizerDefinition<object, SpecOf<string>>).make(options);
  return { spec: spec as OptimizerSpec, learningRate };
}

/** What the kernels need of an optimizer. */
export function ruleOf(spec: OptimizerSpec): UpdateRule {
  return (OPTIMIZERS[spec.type] as OptimizerDefinition<never, OptimizerSpec>).rule(spec);
}
