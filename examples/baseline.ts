// Trains the published baseline network on MNIST and compares what comes out with the paper:
//   npm run baseline                    installs, builds and finds an adapter first
//   tsx examples/baseline.ts --help     once that has been done
import { adam, DivergedError, describe, lockFolder, openGpu, table, trainer } from 'paredown/node';
import { explain } from '../src/cli/common/failure.ts';
import { grouped } from '../src/cli/common/format.ts';
import { INTERRUPTED, Interrupt } from '../src/cli/common/interrupt.ts';
import { drawCurves } from './baseline/curves.ts';
import { dataFacts, loadData, refuseLargeBatch, refuseOtherData } from './baseline/data.ts';
import type { Display } from './baseline/display/display.ts';
import { openDisplay } from './baseline/display/open.ts';
import type { ResultEvent, StartEvent } from './baseline/events.ts';
import { resumeCommand } from './baseline/invocation.ts';
import { baselineNetwork, PUBLISHED } from './baseline/network.ts';
import { type Given, parseOptions } from './baseline/options.ts';
import { decide, refuseFewerSteps, reportEvery } from './baseline/plan.ts';
import { type RunRecord, versions } from './baseline/record.ts';
import { type Metric, RunFolder } from './baseline/run-folder.ts';
import { isAbort, meanStepTime, train, wallTime } from './baseline/train.ts';

/** Returns the exit code. */
async function main(args: readonly string[]): Promise<number> {
  try {
    const given = parseOptions(args);
    return given ? await start(given) : 0;
  } catch (error) {
    return fail(error);
  }
}

async function start(given: Given): Promise<number> {
  const display = openDisplay(given.json);
  const interrupt = new Interrupt(
    () => display.note('Stopping after this step ... (Ctrl-C once more stops at once)'),
    () => display.close(),
  );
  const folder = new RunFolder(given.out);
  try {
    if (await baseline(given, folder, display, interrupt.signal)) return 0;
    display.close();
    tell(`Stopped. ${whatIsKept(given, folder)}`);
    return INTERRUPTED;
  } catch (error) {
    display.close();
    if (interrupt.signal.aborted && isAbort(error)) {
      tell('Stopped before the training began.');
      return INTERRUPTED;
    }
    const code = fail(error);
    if (folder.checkpointStep !== undefined) tell(whatIsKept(given, folder, error));
    return code;
  } finally {
    display.close();
    interrupt.close();
  }
}

/** The whole run. Returns whether it came to its end; where the signal stopped it, a checkpoint is in the folder. */
async function baseline(given: Given, folder: RunFolder, display: Display, signal: AbortSignal): Promise<boolean> {
  await folder.make();
  await using _lock = await lockFolder(folder.path);
  const recorded = given.resume ? await folder.record() : undefined;
  const checkpoint = recorded && (await folder.loadCheckpoint());
  if (given.resume && !checkpoint) display.warn(`There is no checkpoint in ${given.out} to resume: the run begins anew.`);

  await using gpu = await openGpu({ signal });
  const software = gpu.info.kind === 'cpu';
  const wanted = decide(given, recorded?.options, gpu.info.kind);
  if (software && given.steps === undefined && !recorded)
    display.note(
      `A software adapter: ${grouped(wanted.steps)} steps instead of ${grouped(PUBLISHED.steps)} (--steps changes it).`,
    );
  const data = await loadData(wanted, display, signal);
  refuseLargeBatch(data, wanted.batch);
  const facts = await dataFacts(data);
  if (recorded) refuseOtherData(facts, recorded.data, given.out);
  const options = { ...wanted, data: recorded?.options.data ?? (facts.name === 'mnist' ? 'mnist' : 'digits') } as const;
  const { steps, batch, learningRate, seed, precision } = options;
  // A run that goes on keeps its checkpoint's kernel variants: there is nothing to measure.
  const tune = checkpoint ? 'off' : options.tune;
  if (tune !== 'off') display.note(`Measuring kernel variants (${tune}) ...`);

  const network = baselineNetwork();
  const optimizer = adam({ learningRate });
  await using training = await trainer(gpu, network, { batch, optimizer, seed, tune, precision, signal });
  if (checkpoint) {
    training.restore(checkpoint);
    folder.checkpointStep = training.step;
    refuseFewerSteps(training.step, steps);
  }
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
    out: given.out,
  };
  if (recorded && checkpoint) warnOfChanges(start, recorded, display);
  if (!recorded) {
    const aside = await folder.setAside();
    if (aside) display.note(`The run that was in ${given.out} is now in ${aside} (--resume would have gone on with it).`);
  }
  await folder.begin(start, recorded);
  const history: Metric[] = await folder.rewindMetrics(training.step);
  display.start(start, table(network));
  if (training.step < steps) display.note('Compiling the kernels for the first step ...');

  await train({ trainer: training, data, options, reportEvery: reportEvery(steps, software), folder, display, signal }, history);
  await saveCurves(folder, start, history, display);
  if (signal.aborted) return false;

  await folder.saveModel(network, await training.weights());
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
    out: given.out,
    published: PUBLISHED,
    ...(facts.name !== PUBLISHED.data && {
      warning: `This was trained and tested on ${facts.name}, the built-in set: it says nothing about MNIST.`,
    }),
  };
  await folder.append(result);
  display.result(result);
  return true;
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
async function saveCurves(folder: RunFolder, start: StartEvent, history: readonly Metric[], display: Display): Promise<void> {
  try {
    await folder.saveCurves(await drawCurves(start, history));
  } catch (error) {
    display.warn(`curves.svg was not drawn: ${explain(error).message}`);
  }
}

function whatIsKept(given: Given, { checkpointStep = 0 }: RunFolder, error?: unknown): string {
  const kept = `The checkpoint of step ${grouped(checkpointStep)} is in ${given.out}.`;
  // What diverged would diverge again.
  return error instanceof DivergedError ? kept : `${kept} To go on: ${resumeCommand(given)}`;
}

/** Says what went wrong; returns the exit code. */
function fail(error: unknown): number {
  const { message, code } = explain(error);
  tell(message);
  return code;
}

function tell(message: string): void {
  process.stderr.write(`${message}\n`);
}

process.exitCode = await main(process.argv.slice(2));
