import { elements } from '../core/value.ts';
import type { Dataset } from '../data/dataset.ts';
import { binaryCrossEntropy } from '../reference/binaryCrossEntropy.ts';
import { meanSquaredError } from '../reference/meanSquaredError.ts';
import type { Reference, Tensors64 } from '../reference/reference.ts';
import { softmaxCrossEntropy } from '../reference/softmaxCrossEntropy.ts';
import type { Evaluation } from './inference.ts';
import { hasLabels } from './loss.ts';

/** The most counts that are made unasked. */
const MOST_COUNTS = 2 ** 20;

/** A data set's loss, accuracy and confusion, added up on the CPU in float64 from the outputs of its samples. */
export class Judged {
  private lossSum = 0;
  private correct = 0;
  private samples = 0;
  private readonly counts: number[][] | undefined;

  /** `outputs`: of a sample. */
  constructor(
    private readonly data: Dataset,
    private readonly loss: JudgedLoss,
    private readonly outputs: number,
    confusion: boolean | undefined,
  ) {
    const classes = this.classes;
    const counts = hasLabels(loss) && (confusion ?? classes ** 2 <= MOST_COUNTS);
    this.counts = counts ? Array.from({ length: classes }, () => Array.from({ length: classes }, () => 0)) : undefined;
  }

  /** Adds the logits of samples from the data set's `first` on. */
  add(logits: Float32Array, first: number): void {
    const rows = logits.length / this.outputs;
    const goal = Float64Array.from(this.data.y.subarray(first * this.goalLength, (first + rows) * this.goalLength));
    const data = Float64Array.from(logits);
    this.samples += rows;
    if (!hasLabels(this.loss)) {
      const inputs = { prediction: { shape: [rows, this.outputs], data }, target: { shape: [rows, this.outputs], data: goal } };
      this.addLoss(inputs);
      return;
    }
    const binary = this.loss === 'binaryCrossEntropy';
    this.addLoss({ logits: { shape: binary ? [rows] : [rows, this.outputs], data }, labels: { shape: [rows], data: goal } });
    goal.forEach((label, row) => {
      const own = data.subarray(row * this.outputs, (row + 1) * this.outputs);
      const predicted = binary ? Number((own[0] ?? 0) > 0) : largestAt(own);
      if (predicted === label) this.correct++;
      const counts = this.counts?.[label];
      if (counts) counts[predicted] = (counts[predicted] ?? 0) + 1;
    });
  }

  evaluation(): Evaluation {
    const { samples, counts } = this;
    return {
      loss: this.lossSum / samples,
      ...(hasLabels(this.loss) && { accuracy: this.correct / samples }),
      ...(counts && { confusion: counts }),
    };
  }

  private get classes(): number {
    return this.loss === 'binaryCrossEntropy' ? 2 : this.outputs;
  }

  private get goalLength(): number {
    return this.data.targetShape ? elements(this.data.targetShape) : 1;
  }

  private addLoss(inputs: Tensors64): void {
    this.lossSum += LOSSES[this.loss].forward(inputs, { reduction: 'sum' }).data[0] ?? Number.NaN;
  }
}

/** By which a data set is judged: see `lossFor`. */
export type JudgedLoss = 'softmaxCrossEntropy' | 'binaryCrossEntropy' | 'meanSquaredError';
const LOSSES: Readonly<Record<JudgedLoss, Reference>> = { softmaxCrossEntropy, binaryCrossEntropy, meanSquaredError };

/** The first of the largest. */
function largestAt(values: Float64Array): number {
  let at = 0;
  for (let i = 1; i < values.length; i++) if ((values[i] ?? 0) > (values[at] ?? 0)) at = i;
  return at;
}
