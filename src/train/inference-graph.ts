import { input } from '../graph/sources.ts';
import type { Tensor } from '../graph/tensor.ts';
import type { Network } from '../model/network.ts';
import { lossRows } from '../ops/loss.ts';
import { containedIn, goalShape, type LossSettings, lossOf } from './loss.ts';
import { fuseForward, type PredictionGraph } from './prediction-graph.ts';

export interface InferenceGraphOptions extends Omit<LossSettings, 'classWeights'> {
  readonly batch: number;
}

/** The tensors of an evaluation; `outputs` are all that a plan must leave readable. */
export interface InferenceGraph extends PredictionGraph {
  readonly goal: Tensor;
  readonly logits: Tensor;
  readonly rows: Tensor;
  readonly outputs: readonly Tensor[];
}

export function inferenceGraph(network: Network, { batch, ...settings }: InferenceGraphOptions): InferenceGraph {
  const x = input('x', [batch, ...network.model.input]);
  const whole = network.apply(x, 'inference');
  const { goal, ...judged } = judge(whole, settings);
  const [output, logits, rows] = fuseForward([whole, judged.logits, judged.rows]);
  if (!output || !logits || !rows) throw new Error('A model has an output');
  return { x, output, goal, logits, rows, outputs: [output, logits, rows] };
}

/** The loss of a model's output, and the tensors by which it is judged. */
function judge(output: Tensor, settings: LossSettings): { goal: Tensor; logits: Tensor; rows: Tensor } {
  // A softmax or sigmoid at the end is for the user; the loss wants what went into it.
  const logits = containedIn(settings.loss, output)?.logits ?? output;
  const goal = input('goal', goalShape('', settings.loss, logits));
  return { goal, logits, rows: lossRows(lossOf(settings, logits, goal).loss) };
}
