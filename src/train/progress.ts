import type { Precision } from '../plan/lower.ts';
import type { StopProgress } from './early-stopping.ts';
import type { FitClock } from './fit-clock.ts';
import type { Evaluation } from './inference.ts';
import { type Reduction, reportedLoss } from './loss.ts';
import type { StepMetrics } from './metrics.ts';
import type { ValidationWatch } from './validation-watch.ts';

/**
 * How a training goes. Loss and accuracy are means over the samples since the last report, replica 0's on the first level; a loss
 * that is summed over a batch is the mean over the steps since then.
 */
export interface Progress {
  /** Steps done, counted over all calls of fit, and the step at which this one ends (NaN, as etaMs, as long as nobody knows how long an epoch of a stream is). */
  readonly step: number;
  readonly steps: number;
  /** Epochs of this data set begun before this step. */
  readonly epoch: number;
  readonly loss: number;
  readonly accuracy?: number;
  /** Milliseconds a step takes now, and until the end at this pace; compiling the kernels is no part of them. */
  readonly stepMs: number;
  readonly etaMs: number;
  /** In the first report after kernels were compiled: milliseconds that this took, before the first step. */
  readonly compileMs?: number;
  /** In mixed precision: steps, of those done, that changed no weight because a gradient was beyond what f16 holds. */
  readonly skipped?: number;
  /** With `stop`: how far the training is from its early end. */
  readonly stop?: StopProgress;
  /** With `plateau`: the learning rate, which the schedule multiplies. */
  readonly learningRate?: number;
  readonly validation?: Evaluation & { readonly replicas: readonly Evaluation[] };
  readonly replicas: readonly ReplicaProgress[];
}

export type ReplicaProgress = Pick<Progress, 'loss' | 'accuracy' | 'skipped' | 'stop' | 'learningRate'>;

/** Adds up what submits did until it is reported. */
export class Report {
  private totals: { lossSum: number; correct: number; samples: number }[];
  private skipped: readonly number[] = [];
  private step = 0;
  private steps = 0;
  private ms = 0;
  private last: { stepMs: number; replicas: readonly ReplicaProgress[] } | undefined;

  constructor(
    private readonly settings: {
      readonly replicas: number;
      readonly classes: boolean;
      readonly precision: Precision;
      readonly reduction: Reduction;
    },
    private readonly clock: Pick<FitClock, 'end' | 'epochOf'>,
    private compileMs: number | undefined,
  ) {
    this.totals = this.zeros();
  }

  add(metrics: readonly StepMetrics[], steps: number, msPerStep: number, step: number): void {
    this.step = step;
    this.steps += steps;
    this.ms += steps * msPerStep;
    this.skipped = metrics.map(({ skipped }) => skipped);
    metrics.forEach(({ lossSum, correct, samples }, replica) => {
      const total = this.totals[replica];
      if (!total) return;
      total.lossSum += lossSum;
      total.correct += correct;
      total.samples += samples;
    });
  }

  /** The progress since the last call. */
  take(validation: Progress['validation'], watch: Pick<ValidationWatch, 'progress' | 'isOver'> | undefined): Progress {
    if (this.steps > 0 || !this.last) {
      this.last = {
        stepMs: this.ms / Math.max(1, this.steps),
        replicas: this.totals.map(({ lossSum, correct, samples }, replica) => ({
          loss: reportedLoss(this.settings.reduction, lossSum, samples, this.steps),
          ...(this.settings.classes && { accuracy: correct / samples }),
          ...(this.settings.precision === 'mixed' && { skipped: this.skipped[replica] ?? 0 }),
        })),
      };
    }
    const { stepMs } = this.last;
    const replicas = this.last.replicas.map((own, replica) => ({ ...own, ...watch?.progress(replica) }));
    this.totals = this.zeros();
    this.steps = 0;
    this.ms = 0;
    const first = replicas[0] ?? { loss: Number.NaN };
    const left = Number.isFinite(this.clock.end) ? this.clock.end - this.step : Number.NaN;
    const etaMs = watch?.isOver ? 0 : left * stepMs;
    const { compileMs } = this;
    this.compileMs = undefined;
    return {
      step: this.step,
      steps: Number.isFinite(this.clock.end) ? this.clock.end : Number.NaN,
      epoch: this.clock.epochOf(this.step),
      ...first,
      stepMs,
      etaMs,
      ...(compileMs !== undefined && { compileMs }),
      ...(validation && { validation }),
      replicas,
    };
  }

  private zeros() {
    return Array.from({ length: this.settings.replicas }, () => ({ lossSum: 0, correct: 0, samples: 0 }));
  }
}
