import {
  type Checkpoint,
  DivergedError,
  describe,
  type FitOptions,
  type Gpu,
  LiveRun,
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
import type { DataFacts, Published, ResultEvent, StartEvent } from './events.ts';
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
  readonly training: Pick<TrainerOptions, 'optimizer' | 'schedule' | 'augment' | 'labelSmoothing' | 'averaging'>;
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
    if (await run({ command, folder, display, signal: interrupt.signal, stop: interrupt.stop })) return 0;
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

/** What a run goes on in. */
interface Surroundings {
  readonly command: TrainingCommand;
  readonly folder: RunFolder;
  readonly display: Display;
  readonly signal: AbortSignal;
  /** As Ctrl-C. */
  readonly stop: () => void;
}

/** What the folder holds of the run that is resumed. */
type Kept = Pick<Beginning, 'recorded' | 'checkpoint'>;

/** The whole run. Returns whether it came to its end; where the signal stopped it, a checkpoint is in the folder. */
async function run(around: Surroundings): Promise<boolean> {
  const { command, folder, display, signal, stop } = around;
  await folder.make();
  await using _lock = await lockFolder(folder.path);
  const kept = await keptRun(around);
  await using gpu = await openGpu({ signal });
  const prepared = await command.prepare({ gpu, ...kept, display, signal });
  const facts = await checkedFacts(prepared, kept, command.out);
  await using training = await trainer(gpu, prepared.network, trainerOptions(prepared, kept, around));
  setOut(training, prepared, kept, around);
  const start = startEvent({ gpu, training, prepared, facts, out: command.out });
  const { history, over } = await begin(start, prepared, kept, around);
  const { options, data, fit } = prepared;
  await using live = new LiveRun(folder.path, { stop, signal });
  live.tell({ phase: 'training' });
  if (!over) await learn({ trainer: training, data, options, ...fit, folder, display, signal, live }, history);
  await saveCurves(folder, start, history, prepared, display);
  if (signal.aborted) return false;
  live.tell({ phase: 'test', leftMs: undefined });
  await conclude(training, start, history, prepared, around);
  live.ended();
  return true;
}

async function keptRun({ command, folder, display }: Surroundings): Promise<Kept> {
  if (!command.resume) return {};
  const recorded = await folder.record();
  const checkpoint = recorded && (await folder.loadCheckpoint());
  if (!checkpoint) display.warn(`There is no checkpoint in ${command.out} to resume: the run begins anew.`);
  return { ...(recorded && { recorded }), ...(checkpoint && { checkpoint }) };
}

/** What is kept of the data. Throws where a batch is larger than they are, or they are not those of the run that is resumed. */
async function checkedFacts({ data, options }: PreparedRun, { recorded }: Kept, out: string): Promise<DataFacts> {
  refuseLargeBatch(data, options.batch);
  const facts = await dataFacts(data);
  if (recorded) refuseOtherData(facts, { recorded: recorded.data, data: options.data, out });
  return facts;
}

function trainerOptions(
  { training, options }: PreparedRun,
  { checkpoint }: Kept,
  { display, signal }: Surroundings,
): TrainerOptions {
  const { batch, seed, precision } = options;
  // A run that goes on keeps its checkpoint's kernel variants: there is nothing to measure.
  const tune = checkpoint ? 'off' : options.tune;
  if (tune !== 'off') display.note(`Measuring kernel variants (${tune}) ...`);
  return { ...training, batch, seed, tune, precision, signal };
}

/** Brings the trainer to where the run begins or goes on. */
function setOut(
  training: Trainer,
  { weights, options }: PreparedRun,
  { checkpoint }: Kept,
  { folder, display }: Surroundings,
): void {
  if (checkpoint) {
    training.restore(checkpoint);
    folder.checkpointStep = training.step;
    refuseFewerSteps(training.step, options.steps);
  } else if (weights) beginWith(training, weights, display);
}

interface Ready {
  readonly gpu: Gpu;
  readonly training: Trainer;
  readonly prepared: PreparedRun;
  readonly facts: DataFacts;
  readonly out: string;
}

function startEvent({ gpu, training, prepared: { network, options }, facts, out }: Ready): StartEvent {
  const { parameters, activations, macs, hash } = describe(network);
  return {
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
}

/** Writes the record and shows the run. Returns its metrics so far, and whether there is nothing left to train. */
async function begin(
  start: StartEvent,
  { network, options: { steps } }: PreparedRun,
  { recorded, checkpoint }: Kept,
  { folder, display }: Surroundings,
): Promise<{ history: Metric[]; over: boolean }> {
  const { step, out } = start;
  if (recorded && checkpoint) warnOfChanges(start, recorded, display);
  if (!recorded) {
    const aside = await folder.setAside();
    if (aside) display.note(`The run that was in ${out} is now in ${aside} (--resume would have gone on with it).`);
  }
  await folder.begin(start, recorded);
  const ended = (await folder.result())?.step === step;
  const history = await folder.rewindMetrics(step);
  display.start(start, table(network));
  if (step < steps && !ended) display.note('Compiling the kernels for the first step ...');
  // A training that its evaluations ended is over, as long as no more steps are asked for.
  return { history, over: ended && steps === recorded?.options.steps };
}

/** Saves the model, tests it and writes what came out. */
async function conclude(
  training: Trainer,
  { adapter, data: facts, options, out }: StartEvent,
  history: readonly Metric[],
  { network, data, published, warning, next }: PreparedRun,
  { folder, display }: Surroundings,
): Promise<void> {
  await folder.saveModel(network, await training.weights(), training.input);
  display.note(`Testing on ${grouped(data.test.size)} samples ...`);
  const { loss, accuracy, confusion } = await training.evaluate(data.test);
  const result: ResultEvent = {
    type: 'result',
    test: { loss, accuracy, confusion },
    step: training.step,
    steps: options.steps,
    wallMs: wallTime(history),
    msPerStep: meanStepTime(history),
    adapter,
    data: facts,
    options,
    out,
    ...(published && { published }),
    ...(warning !== undefined && { warning }),
  };
  await folder.append(result);
  display.result(result, next);
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
