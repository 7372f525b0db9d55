import type { LossName } from '../../kernels/loss.ts';
import { binaryCrossEntropy } from './binaryCrossEntropy.ts';
import type { LossDefinition } from './definition.ts';
import { distillation } from './distillation.ts';
import { huber } from './huber.ts';
import { margin } from './margin.ts';
import { meanAbsoluteError } from './meanAbsoluteError.ts';
import { meanSquaredError } from './meanSquaredError.ts';
import { softmaxCrossEntropy } from './softmaxCrossEntropy.ts';

/** Every loss that a trainer knows, in the order in which errors name them. */
const LOSSES = {
  softmaxCrossEntropy,
  meanSquaredError,
  binaryCrossEntropy,
  meanAbsoluteError,
  huber,
  distillation,
  margin,
} as const satisfies Readonly<Record<LossName, LossDefinition>>;

type OptionsOf<N extends LossName> = (typeof LOSSES)[N]['options'];

/** The options of a loss that must be given. */
type Required<N extends LossName> = {
  [O in keyof OptionsOf<N>]: OptionsOf<N>[O] extends { readonly default: number } ? never : O;
}[keyof OptionsOf<N>];

/** The losses that can do without options. */
export type NamedLoss = { [N in LossName]: [Required<N>] extends [never] ? N : never }[LossName];

/** The options of a loss, by name. */
export type LossOptionsOf<N extends LossName> = { readonly [O in Exclude<keyof OptionsOf<N>, Required<N>>]?: number } & {
  readonly [O in Required<N>]: number;
};

export function lossDefinition(loss: LossName): LossDefinition {
  return LOSSES[loss];
}

export const lossNames = /* @__PURE__ */ Object.keys(LOSSES) as readonly LossName[];
