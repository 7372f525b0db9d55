import {
  type Checkpoint,
  DivergedError,
  describe,
  type FitOptions,
  type Gpu,
  lockFolder,
  type Model,
  openGpu,
  type Trainer,
  type TrainerOptions,
  table,
  trainer,
  type Weights,
} from 'paredown/node';
import { explain } from '../failure.ts';
import { grouped } from '../format.ts';
import { INTERRUPTED, Interrupt, isAbort } from '../interrupt.ts';
import { UsageError } from '../usage-error.ts';
import { drawCurves } from './curves.ts';
import { dataFacts, refuseLargeBatch, refuseOtherData, type Splits } from './data-facts.ts';
import type { Display } from './display/display.ts';
import { openDisplay } from './display/open.ts';
import type { Published, ResultEvent, StartEvent } from './events.ts';
import { learn, meanStepTime, wallTime } from './learn.ts';
import { type RunRecord, versions } from './record.ts';
import { type Metric, RunFolder } from './run-folder.ts';
import type { RunOptions } from './run-options.ts';

/** A training that a program was asked for, as far as it is known before an adapter is open. */
export interface TrainingCommand {
  /** The run folder. */
  readonly out: string;
  readonly resume: boolean;
  readonly json: boolean;
  /** What a person types to go on with the run. */
  readonly goOn: string;
  /** Decides the rest. Throws a UsageError where what was typed is not as the run was begun. */
  prepare(from: Beginning): Promise<PreparedRun>;
}

export interface Beginning {
  readonly gpu: Gpu;
  /** Of the run that is resumed. */
  readonly recorded?: RunRecord;
  readonly checkpoint?: Checkpoint;
  readonly display: Display;
  readonly signal: AbortSignal;
}

export interface PreparedRun {
  readonly options: RunOptions;
  readonly data: Splits;
  readonly network: Model;
  /** Of the trainer, beside those of `options`. */
  readonly training: Pick<TrainerOptions, 'optimizer' | 'schedule' | 'augment' | 'labelSmoothing'>;
  readonly fit: Pick<FitOptions, 'stop' | 'reportEvery'>;
  /** What a new run begins with, as far as it fits. */
  readonly weights?: Weights;
  /** Of the picture. */
  readonly title: string;
  readonly published?: Published;
  /** Why what comes out can't be compared with what is published. */
  readonly warning?: string;
  /** What a person is told at the end. */
  readonly next?: string;
}

/** Trains, tests and keeps all in the run folder, or goes on with it. Returns the exit code. */
export async function runTraining(command: TrainingCommand): Promise<number> {
  const display = openDisplay(command.json);
  const interrupt = new Interrupt(
    () => display.note('Stopping after this step ... (Ctrl-C once more stops at once)'),
    () => display.close(),
  );
  const folder = new RunFolder(command.out);
  try {
    if (await run(command, folder, display, interrupt.signal)) return 0;
    display.close();
    tell(`Stopped. ${whatIsKept(command, folder)}`);
    return INTERRUPTED;
  } catch (error) {
    display.close();
    if (interrupt.signal.aborted && isAbort(error)) {
      tell('Stopped before the training began.');
      await folder.unmake();
      return INTERRUPTED;
    }
    const { message, code } = explain(error);
    tell(message);
    if (folder.checkpointStep !== undefined) tell(whatIsKept(command, folder, error));
    await folder.unmake();
    return code;
  } finally {
    display.close();
    interrupt.close();
  }
}

/** The whole run. Returns whether it came to its end; where the signal stopped it, a checkpoint is in the folder. */
async function run(command: TrainingCommand, folder: RunFolder, display: Display, signal: AbortSignal): Promise<boolean> {
  const { out } = command;
  await folder.make();
  await using _lock = await lockFolder(folder.path);
  const recorded = command.resume ? await folder.record() : undefined;
  const checkpoint = recorded && (await folder.loadCheckpoint());
  if (command.resume && !checkpoint) display.warn(`There is no checkpoint in ${out} to resume: the run begins anew.`);

  await using gpu = await openGpu({ signal });
  const before = { ...(recorded && { recorded }), ...(checkpoint && { checkpoint }) };
  const prepared = await command.prepare({ gpu, ...before, display, signal });
  const { options, data, network, published } = prepared;
  const { steps, batch, seed, precision } = options;
  refuseLargeBatch(data, batch);
  const facts = await dataFacts(data);
  if (recorded) refuseOtherData(facts, { recorded: recorded.data, data: options.data, out });
  // A run that goes on keeps its checkpoint's kernel variants: there is nothing to measure.
  const tune = checkpoint ? 'off' : options.tune;
  if (tune !== 'off') display.note(`Measuring kernel variants (${tune}) ...`);

  await using training = await trainer(gpu, network, { ...prepared.training, batch, seed, tune, precision, signal });
  if (checkpoint) {
    training.restore(checkpoint);
    folder.checkpointStep = training.step;
    refuseFewerSteps(training.step, steps);
  } else if (prepared.weights) beginWith(training, prepared.weights, display);
  const { parameters, activations, macs, hash } = describe(network);
  const start: StartEvent = {
    type: 'start',
    adapter: gpu.info,
    versions: versions(),
    data: facts,
    model: { parameters, activations, macs, hash },
    options,
    variants: training.plan.variants,
    step: training.step,
    out,
  };
  if (recorded && checkpoint) warnOfChanges(start, recorded, display);
  if (!recorded) {
    const aside = await folder.setAside();
    if (aside) display.note(`The run that was in ${out} is now in ${aside} (--resume would have gone on with it).`);
  }
  await folder.begin(start, recorded);
  const ended = (await folder.result())?.step;
  const history: Metric[] = await folder.rewindMetrics(training.step);
  display.start(start, table(network));
  if (training.step < steps && ended !== training.step) display.note('Compiling the kernels for the first step ...');

  // A training that its evaluations ended is over, as long as no more steps are asked for.
  const over = ended === training.step && steps === recorded?.options.steps;
  if (!over) await learn({ trainer: training, data, options, ...prepared.fit, folder, display, signal }, history);
  await saveCurves(folder, start, history, prepared, display);
  if (signal.aborted) return false;

  await folder.saveModel(network, await training.weights(), training.input);
  display.note(`Testing on ${grouped(data.test.size)} samples ...`);
  const { loss, accuracy, confusion } = await training.evaluate(data.test);
  const result: ResultEvent = {
    type: 'result',
    test: { loss, accuracy, confusion },
    step: training.step,
    steps,
    wallMs: wallTime(history),
    msPerStep: meanStepTime(history),
    adapter: gpu.info,
    data: facts,
    options,
    out,
    ...(published && { published }),
    ...(prepared.warning !== undefined && { warning: prepared.warning }),
  };
  await folder.append(result);
  display.result(result, prepared.next);
  return true;
}

/** Throws a UsageError when a run that has come to `step` is asked for fewer steps. */
function refuseFewerSteps(step: number, steps: number): void {
  if (step > steps)
    throw new UsageError(`--steps ${steps}: the checkpoint is at step ${grouped(step)} already; ask for ${step} or more.`);
}

/** Throws a UsageError where none of the weights fits. */
function beginWith(training: Trainer, weights: Weights, display: Display): void {
  const { set, missing, ignored } = training.setWeights(weights, 0, { partial: true });
  if (set.length === 0)
    throw new UsageError(`--weights: none of its weights fits the network, which has ${missing.slice(0, 5).join(', ')}`);
  if (missing.length > 0) display.note(`Not among the weights that the training begins with: ${missing.join(', ')}`);
  if (ignored.length > 0) display.note(`Weights that the network does not take: ${ignored.join(', ')}`);
}

/** Weights come out bit for bit as they would have only where the same program runs on the same adapter. */
function warnOfChanges({ adapter, versions: { paredown } }: StartEvent, before: RunRecord, display: Display): void {
  if (before.adapter.description !== adapter.description)
    display.warn(`The run was on another adapter before (${before.adapter.description}): its last bits may come out otherwise.`);
  if (before.versions.paredown !== paredown)
    display.warn(
      `The run was with paredown ${before.versions.paredown} before, now ${paredown}: its last bits may come out otherwise.`,
    );
}

/** The picture is worth having, but not worth losing a result over. */
async function saveCurves(
  folder: RunFolder,
  start: StartEvent,
  history: readonly Metric[],
  prepared: PreparedRun,
  display: Display,
): Promise<void> {
  try {
    await folder.saveCurves(await drawCurves(start, history, prepared));
  } catch (error) {
    display.warn(`curves.svg was not drawn: ${explain(error).message}`);
  }
}

function whatIsKept({ out, goOn }: TrainingCommand, { checkpointStep = 0 }: RunFolder, error?: unknown): string {
  const kept = `The checkpoint of step ${grouped(checkpointStep)} is in ${out}.`;
  // What diverged would diverge again.
  return error instanceof DivergedError ? kept : `${kept} To go on: ${goOn}`;
}

function tell(message: string): void {
  process.stderr.write(`${message}\n`);
}
