import type { EarlyStopping, LiveRun, Trainer } from 'paredown/node';
import { grouped } from '../format.ts';
import { isAbort } from '../interrupt.ts';
import type { Splits } from './data-facts.ts';
import type { Display } from './display/display.ts';
import type { ProgressEvent } from './events.ts';
import type { Metric, RunFolder } from './run-folder.ts';
import type { RunOptions } from './run-options.ts';
import { TimeLeft } from './time-left.ts';

/** The longest that a run goes on without writing a checkpoint, but for the time to the next report. */
const CHECKPOINT_MS = 15_000;

export interface Run {
  readonly trainer: Trainer;
  readonly data: Splits;
  readonly options: RunOptions;
  /** Steps between reports [as many as take about half a second]. */
  readonly reportEvery?: number;
  readonly stop?: EarlyStopping;
  readonly folder: RunFolder;
  readonly display: Display;
  readonly signal: AbortSignal;
  /** Heeds what is asked of the run. */
  readonly live: LiveRun;
}

/**
 * Trains up to `options.steps`, or until the signal fires, and leaves a checkpoint of where it stopped. What is reported and
 * kept, and when, has no influence on what is learned. `history`, the metrics so far, grows.
 */
export async function learn(run: Run, history: Metric[]): Promise<void> {
  const { trainer, folder, signal } = run;
  const { steps } = run.options;
  try {
    if (trainer.step < steps) await fitAndReport(run, history);
  } catch (error) {
    if (!signal.aborted || !isAbort(error)) throw error;
  }
  if (folder.checkpointStep !== trainer.step) await folder.saveCheckpoint(await trainer.checkpoint(), trainer.step);
}

async function fitAndReport(run: Run, history: Metric[]): Promise<void> {
  const { trainer, data, options, folder, display, signal, reportEvery, stop, live } = run;
  const { steps, evaluateEvery } = options;
  const before = wallTime(history);
  const first = trainer.step;
  let start = performance.now();
  const timeLeft = new TimeLeft(steps, evaluateEvery, Math.ceil(data.validation.size / options.batch));
  let reported = { step: first, wallMs: before };
  let saved = start;
  const keep = async (metric: Metric) => {
    history.push(metric);
    await folder.append(metric);
  };

  const watch = { validate: data.validation, evaluateEvery, ...(stop && { stop }) };
  const reports = trainer.fit(data.train, { steps: steps - first, ...watch, ...(reportEvery && { reportEvery }), signal });
  for await (const { step, epoch, loss, accuracy, stepMs, compileMs = 0, skipped, validation } of reports) {
    const wallMs = before + performance.now() - start;
    const since = { taken: step - reported.step, passedMs: wallMs - reported.wallMs - compileMs };
    const etaMs = timeLeft.after(step, { stepMs, ...since, evaluated: validation !== undefined });
    reported = { step, wallMs };
    const progress: ProgressEvent = { type: 'progress', step, steps, epoch, loss, accuracy, stepMs, etaMs, skipped, wallMs };
    await keep(progress);
    display.progress(progress);
    if (validation) {
      const evaluation = {
        type: 'evaluation',
        split: 'validation',
        step,
        loss: validation.loss,
        accuracy: validation.accuracy,
        wallMs,
      } as const;
      await keep(evaluation);
      display.evaluation(evaluation);
    }
    live.tell({ share: step / steps, leftMs: etaMs });
    // The first one early, at the first evaluation.
    const due = performance.now() - saved > CHECKPOINT_MS || (validation && folder.checkpointStep === undefined);
    if (due || live.drain.aborted) {
      await folder.saveCheckpoint(await trainer.checkpoint(), trainer.step);
      saved = performance.now();
    }
    if (live.drain.aborted) {
      display.note(`Paused after step ${grouped(step)}. It goes on as it is asked to (paredown serve), or with --resume.`);
      await live.paused();
      display.note('Going on.');
      start += performance.now() - saved;
      saved = performance.now();
    }
  }
}

/** Wall time of the training so far. */
export function wallTime(history: readonly Metric[]): number {
  return history.at(-1)?.wallMs ?? 0;
}

/** Milliseconds a step, evaluations and checkpoints left out. */
export function meanStepTime(history: readonly Metric[]): number {
  let previous = 0;
  let total = 0;
  for (const metric of history) {
    if (metric.type !== 'progress') continue;
    total += metric.stepMs * (metric.step - previous);
    previous = metric.step;
  }
  return previous === 0 ? 0 : total / previous;
}
