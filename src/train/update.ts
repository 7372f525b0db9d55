import type { Tensor } from '../graph/tensor.ts';
import type { Update } from '../plan/layout.ts';
import { ruleOf } from './optimizers/registry.ts';
import type { TrainerSettings } from './options.ts';

/** What a training does with its gradients at the end of each step. */
export function updateOf(
  { optimizer, schedule, clipNorm, averaging }: TrainerSettings,
  gradients: readonly { parameter: Tensor; gradient: Tensor }[],
): Update {
  return { gradients, optimizer: ruleOf(optimizer), schedule, clipNorm, averageDecay: averaging?.decay };
}
