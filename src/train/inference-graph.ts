import { type FusionRule, fuse, ownRule } from '../graph/fuse.ts';
import { input } from '../graph/sources.ts';
import type { Tensor } from '../graph/tensor.ts';
import type { Network } from '../model/network.ts';
import { foldBatchNorm } from '../ops/batch-norm-fold.ts';
import { lossRows } from '../ops/loss.ts';
import { containedIn, goalShape, type LossName, type LossSettings, lossOf } from './loss.ts';

export interface InferenceGraphOptions extends Omit<LossSettings, 'loss' | 'classWeights'> {
  readonly batch: number;
  /** 'none': for predictions alone. */
  readonly loss: LossName | 'none';
}

/** The tensors of an inference; `outputs` are all that a plan must leave readable. */
export interface InferenceGraph {
  readonly x: Tensor;
  readonly output: Tensor;
  readonly evaluated: { readonly goal: Tensor; readonly logits: Tensor; readonly rows: Tensor } | undefined;
  readonly outputs: readonly Tensor[];
}

export function inferenceGraph(network: Network, { batch, loss, ...settings }: InferenceGraphOptions): InferenceGraph {
  const x = input('x', [batch, ...network.model.input]);
  const output = network.apply(x, 'inference');
  const judged = loss === 'none' ? undefined : judge(output, { loss, ...settings });
  const [final, logits, rows] = fuse(judged ? [output, judged.logits, judged.rows] : [output], { rule: forInference });
  if (!final) throw new Error('A model has an output');
  if (!judged || !logits || !rows) return { x, output: final, evaluated: undefined, outputs: [final] };
  return { x, output: final, evaluated: { goal: judged.goal, logits, rows }, outputs: [final, logits, rows] };
}

/** Nobody differentiates what is inferred, so that weights may take in the normalisation behind them. */
const forInference: FusionRule = (node, soleUser, gradients) =>
  foldBatchNorm(node, soleUser) ?? ownRule(node, soleUser, gradients);

/** The loss of a model's output, and the tensors by which it is judged. */
function judge(output: Tensor, settings: LossSettings): { goal: Tensor; logits: Tensor; rows: Tensor } {
  // A softmax or sigmoid at the end is for the user; the loss wants what went into it.
  const logits = containedIn(settings.loss, output)?.logits ?? output;
  const goal = input('goal', goalShape('', settings.loss, logits));
  return { goal, logits, rows: lossRows(lossOf(settings, logits, goal).loss) };
}
