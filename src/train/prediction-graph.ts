import { type FusionRule, fuse, ownRule } from '../graph/fuse.ts';
import { input } from '../graph/sources.ts';
import type { Tensor } from '../graph/tensor.ts';
import type { Network } from '../model/network.ts';
import { foldBatchNorm } from '../ops/batch-norm-fold.ts';

/** A batch's input and a network's output for it. */
export interface PredictionGraph {
  readonly x: Tensor;
  readonly output: Tensor;
}

export function predictionGraph(network: Network, batch: number): PredictionGraph {
  const x = input('x', [batch, ...network.model.input]);
  const [output] = fuseForward([network.apply(x, 'inference')]);
  if (!output) throw new Error('A model has an output');
  return { x, output };
}

/** Fuses what nobody differentiates. */
export function fuseForward(outputs: readonly Tensor[]): readonly Tensor[] {
  return fuse(outputs, { rule: forInference });
}

/** Nobody differentiates what is inferred, so that weights may take in the normalisation behind them. */
const forInference: FusionRule = (node, soleUser, gradients) =>
  foldBatchNorm(node, soleUser) ?? ownRule(node, soleUser, gradients);
