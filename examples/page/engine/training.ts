import { describe, type Gpu, type Trainer, trainer } from 'paredown';
import type { KernelReport, Listener, TrainingReport, TrainingRequest } from './calls.ts';
import { snapshotOf, type TrainingSnapshot, trainerFrom } from './kept-training.ts';
import { Pauses } from './pauses.ts';
import { stepsOf, trainerOptions } from './recipe.ts';
import type { Session, Splits } from './session.ts';

/** Between two checkpoints, in milliseconds. */
const KEEP_EVERY = 10_000;
/** Classes whose confusion is shown. */
const MOST_CLASSES = 40;
/** Of a checkpoint, with the optimizer's moments, and of the network beside it. */
const BYTES_A_PARAMETER = 16;
const MOST_KEPT = 256 * 2 ** 20;

interface Current {
  readonly gpu: Gpu;
  readonly trainer: Trainer;
  readonly request: TrainingRequest;
  readonly splits: Splits;
  readonly reports: TrainingReport[];
}

/** One training at a time, which can be stopped and goes on where it stopped, after a reload or the loss of its device too. */
export function trainingCalls(session: Session) {
  let current: Current | undefined;
  /** Of the latest call to train, from its beginning: it may be stopped before there is a trainer. */
  let stopping = new AbortController();
  const pauses = new Pauses();

  async function dropTrainer(): Promise<void> {
    const dropped = current;
    current = undefined;
    // Where the device is lost there is nothing to free.
    await dropped?.trainer.destroy().catch(() => undefined);
  }
  session.onNewData = dropTrainer;

  /** From here the training can go on whatever becomes of the trainer. */
  async function keep({ trainer: training, request, splits, reports }: Current, ended: boolean): Promise<void> {
    if (BYTES_A_PARAMETER * describe(request.model).parameters > MOST_KEPT) {
      session.store.decline('A training of so large a network is not kept: after a reload it begins anew.');
      return;
    }
    const snapshot = await snapshotOf(training, request, splits.train, reports, ended);
    session.snapshot = snapshot;
    await session.store.keep({ training: snapshot });
  }

  async function subjectOf({ trainer: training, request }: Current): Promise<void> {
    session.subject = { model: request.model, weights: await training.weights(), input: training.input };
    if (!session.subjectIsKept) return;
    session.subjectIsKept = false;
    await session.store.drop('subject');
  }

  async function goOn(from: Current, signal: AbortSignal, listener: Listener): Promise<'ended' | 'stopped'> {
    return pauses.during(() => trainOn(from, signal, listener));
  }

  async function trainOn(from: Current, signal: AbortSignal, listener: Listener): Promise<'ended' | 'stopped' | 'paused'> {
    const { trainer: training, request, splits, reports } = from;
    const left = stepsOf(request.recipe, splits.train.size) - training.step;
    if (left <= 0) return 'ended';
    return session.whileTraining(
      ({ done, of }) => listener.compiling(done, of),
      async () => {
        // With the first report: from then on the training can go on.
        let kept = Number.NEGATIVE_INFINITY;
        try {
          for await (const progress of training.fit(splits.train, { steps: left, validate: splits.validation, signal })) {
            const { step, steps, epoch, loss, accuracy = Number.NaN, stepMs, etaMs, validation } = progress;
            if (validation) {
              await subjectOf(from);
              session.validated = session.subject;
            }
            const report: TrainingReport = {
              ...{ step, steps, epoch, loss, accuracy, stepMs, etaMs },
              ...(validation && { validation: { loss: validation.loss, accuracy: validation.accuracy ?? Number.NaN } }),
            };
            reports.push(report);
            const { confusion = [] } = validation ?? {};
            listener.report(report, confusion.length > 0 && confusion.length <= MOST_CLASSES ? confusion : undefined);
            if (step < steps && performance.now() - kept > KEEP_EVERY) {
              await keep(from, false);
              kept = performance.now();
            }
            if (step < steps && pauses.areAsked) return 'paused';
          }
          await keep(from, true);
          return 'ended';
        } catch (error) {
          if (!signal.aborted) throw error;
          await subjectOf(from);
          await keep(from, false);
          return 'stopped';
        }
      },
    );
  }

  function begun(): AbortController {
    stopping = new AbortController();
    return stopping;
  }

  /** A trainer on the device that there is now. */
  async function begin(
    { request, reports }: Pick<TrainingSnapshot, 'request' | 'reports'>,
    make: (gpu: Gpu, splits: Splits) => Promise<Trainer>,
    listener: Listener,
  ): Promise<Current> {
    const { splits } = session;
    if (!splits) throw new Error('There are no data yet; choose some.');
    await dropTrainer();
    const gpu = await session.gpu();
    const training = await session.whileTraining(
      ({ done, of }) => listener.compiling(done, of),
      () => make(gpu, splits),
    );
    current = { gpu, trainer: training, request, splits, reports: [...reports] };
    return current;
  }

  return {
    /** Trains from new weights; resolves when the training has ended or was stopped. */
    async train(request: TrainingRequest, listener: Listener): Promise<'ended' | 'stopped'> {
      const { signal } = begun();
      session.snapshot = undefined;
      const make = (gpu: Gpu, { train }: Splits) => trainer(gpu, request.model, trainerOptions(request.recipe, train.size));
      return goOn(await begin({ request, reports: [] }, make, listener), signal, listener);
    },
    /** Goes on with a training that was stopped, or where its latest checkpoint was made. */
    async resume(listener: Listener): Promise<'ended' | 'stopped'> {
      const { signal } = begun();
      const { snapshot } = session;
      if (current && current.gpu === (await session.gpu())) return goOn(current, signal, listener);
      if (!snapshot) throw new Error('There is no training to go on with; start one.');
      const make = (gpu: Gpu, { train }: Splits) => trainerFrom(gpu, snapshot, train);
      return goOn(await begin(snapshot, make, listener), signal, listener);
    },
    /** Whether `resume` has a checkpoint to go on from. */
    async canGoOn(): Promise<boolean> {
      return session.snapshot !== undefined;
    },
    /** After the step that runs, or before the first where shaders are still compiled. */
    async stop(): Promise<void> {
      stopping.abort();
    },
    /** How long each kernel of a step takes; a training that runs waits meanwhile. */
    kernelTimes: () =>
      pauses.do(async (): Promise<KernelReport> => {
        if (!current) return { state: 'untimed', why: 'There is nothing to time before a training has begun, or gone on, here.' };
        if (!current.gpu.features.has('timestamp-query'))
          return {
            state: 'untimed',
            why: 'This browser has no timestamp queries, by which kernels are timed one by one; Chromium has. A whole step is timed.',
          };
        const times = await current.trainer.kernelTimes(current.splits.train);
        return { state: 'timed', ...times, ms: times.kernels.reduce((sum, { ms }) => sum + ms, 0) };
      }),
  };
}
