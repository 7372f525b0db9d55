import { abortError, DivergedError } from '../core/errors.ts';
import type { BatchSource, Supply } from './batch-source.ts';
import type { FitClock } from './fit-clock.ts';
import { orAborted } from './or-aborted.ts';
import type { TrainerParts } from './parts.ts';
import type { TrainingPosition } from './position.ts';
import type { Progress, Report } from './progress.ts';
import type { Pruner } from './pruning/pruner.ts';
import type { ValidationWatch } from './validation-watch.ts';

/** Milliseconds between reports where they come as time goes. */
const REPORT_MS = 400;

export interface FitLoopOptions {
  readonly source: BatchSource;
  readonly clock: FitClock;
  readonly report: Report;
  /** Whether reports come as time goes, beside those that the clock asks for. */
  readonly reportsByTime: boolean;
  evaluate(): Promise<Progress['validation']>;
  /** Those that run, of whoever asked for them. */
  readonly evaluations: ReadonlySet<Promise<unknown>>;
  readonly watch: ValidationWatch | undefined;
  readonly pruner: Pruner | undefined;
  /** Called when all is trained, before the last report. */
  finish(): void;
  readonly signal: AbortSignal | undefined;
}

/** Trains from a position to the clock's end. */
export class FitLoop {
  private completed: number;
  private reported = performance.now();

  constructor(
    private readonly parts: Pick<TrainerParts, 'workspace' | 'queue'>,
    private readonly position: TrainingPosition,
    private readonly options: FitLoopOptions,
  ) {
    this.completed = position.step;
  }

  /** Yields what was done since the last time. Nothing is in flight when it has ended, by a consumer that stops early or an error too. */
  async *run(): AsyncGenerator<Progress, void, undefined> {
    const { clock, source, pruner } = this.options;
    const { queue } = this.parts;
    const { position } = this;
    let supply: Supply | undefined;
    let isFirst = true;
    try {
      while (!this.isOver) {
        await this.checkGoesOn();
        const next = clock.nextAfter(this.completed);
        const pruning = pruner?.next(this.completed) ?? Number.POSITIVE_INFINITY;
        if (position.step < Math.min(next, pruning) && !queue.isFull) {
          if (!supply || position.step === supply.until) {
            // Reports of what is in flight do not wait for batches.
            if (source.isReady || queue.isIdle) {
              supply = (await orAborted(source.next(), this.options.signal)) ?? supply;
              continue;
            }
          } else if (this.options.evaluations.size > 0) {
            await orAborted(this.evaluated(), this.options.signal);
            continue;
          } else {
            const steps = queue.submit(supply.commands, Math.min(next, pruning, supply.until) - position.step);
            position.step += steps;
            source.submitted(steps);
            // How many steps fill a submit is not known before the first one has run.
            if (!isFirst) continue;
          }
        }
        isFirst = false;
        await this.complete();
        if (pruner && this.completed === pruning) {
          await this.evaluated();
          await pruner.prune(pruning);
        }
        if (this.completed < next && !this.isReportDue) continue;
        yield await this.progress();
        // What the consumer did meanwhile is no step's time.
        this.reported = performance.now();
        queue.restartClock();
      }
    } finally {
      await queue.settle();
    }
  }

  private get isOver(): boolean {
    return this.completed >= this.options.clock.end || (this.options.watch?.isOver ?? false);
  }

  private get isReportDue(): boolean {
    return this.options.reportsByTime && performance.now() - this.reported >= REPORT_MS;
  }

  private async checkGoesOn(): Promise<void> {
    const { signal } = this.options;
    this.parts.workspace.checkOpen();
    if (!signal?.aborted) return;
    while (!this.parts.queue.isIdle) await this.complete();
    throw abortError(signal.reason);
  }

  /** Waits for the evaluations that run: weights that change meanwhile would make them tell of no network that there was. */
  private async evaluated(): Promise<void> {
    await Promise.allSettled(this.options.evaluations);
    this.parts.queue.restartClock();
  }

  private async complete(): Promise<void> {
    const { steps, metrics, msPerStep } = await this.parts.queue.complete();
    this.completed += steps;
    const bad = metrics.findIndex(({ badStep }) => badStep > 0);
    if (bad >= 0) this.diverge(new DivergedError(metrics[bad]?.badStep ?? 0, bad));
    this.position.diverged = undefined;
    this.options.report.add(metrics, steps, msPerStep, this.completed);
  }

  private async progress(): Promise<Progress> {
    const { clock, evaluate, report, watch, pruner, finish } = this.options;
    const validation = clock.evaluatesAt(this.completed) ? await evaluate() : undefined;
    const bad = validation?.replicas.findIndex(({ loss }) => !Number.isFinite(loss)) ?? -1;
    if (bad >= 0) this.diverge(new DivergedError(this.completed, bad, 'validation loss'));
    if (validation && (pruner?.isOver(this.completed) ?? true)) watch?.note(validation.replicas, this.completed);
    if (this.isOver) {
      await this.evaluated();
      finish();
    }
    return report.take(validation, watch);
  }

  private diverge(error: DivergedError): never {
    this.position.diverged = error;
    throw error;
  }
}
