import { readFile } from 'node:fs/promises';
import {
  DataError,
  type Dataset,
  encodeModel,
  LimitError,
  load,
  type Model,
  type Progress,
  predictor,
  save,
  type Trainer,
  trainer,
} from 'paredown/node';
import { undefinedIfMissing, writeWhole } from '../common/files.ts';
import { grouped } from '../common/format.ts';
import type { Splits } from './data.ts';
import type { Training } from './recipe.ts';
import type { Context } from './table.ts';

export interface TrainingResult {
  readonly seeds: readonly number[];
  readonly steps: number;
  /** Test accuracy and mean loss after the last step, one for each seed. */
  readonly accuracy: readonly number[];
  readonly loss: readonly number[];
  /** Accuracy on further test sets, by name and seed. */
  readonly external: Readonly<Record<string, readonly number[]>>;
  /** Of the first seed. */
  readonly curve: readonly Sample[];
  /** Milliseconds that the training took, evaluations and checkpoints included, for `together` seeds at once. */
  readonly wallMs: number;
  /** Milliseconds a step of `together` seeds, without evaluations. */
  readonly stepMs: number;
  /** Seeds trained as replicas of one plan. */
  readonly together: number;
  readonly savedBytes: number;
}

/** Where a training was: training loss and validation, means over the seeds. */
export interface Sample {
  readonly step: number;
  readonly loss: number;
  readonly validationLoss: number;
  readonly validationAccuracy: number;
}

export interface TrainingJob {
  readonly model: Model;
  readonly training: Training;
  readonly steps: number;
  readonly seeds: readonly number[];
  readonly splits: Splits;
  /** Further test sets. */
  readonly external?: Readonly<Record<string, Dataset>>;
}

/** Evaluations on the validation split in the course of a training, and the fewest steps between two. */
const EVALUATIONS = 20;
const LEAST_STEPS = 100;
const CHECKPOINT_MS = 60_000;

/**
 * Trains a network from each seed, all of them as replicas of one plan, or in groups where the adapter lacks the room, and tests
 * them at the end. Interrupted, it leaves a checkpoint and goes on from there.
 */
export async function trainNetwork(job: TrainingJob, context: Context): Promise<TrainingResult> {
  const { seeds } = job;
  const groups: TrainingResult[] = [];
  const run = async (part: readonly number[]): Promise<void> => {
    try {
      const before = groups.reduce((done, group) => done + group.seeds.length, 0) / seeds.length;
      const share = part.length / seeds.length;
      const shown = { ...context, progress: (done: number, text: string) => context.progress(before + share * done, text) };
      groups.push(await trainGroup({ ...job, seeds: part }, shown));
    } catch (error) {
      if (!(error instanceof LimitError) || part.length === 1) throw error;
      const half = Math.ceil(part.length / 2);
      await run(part.slice(0, half));
      await run(part.slice(half));
    }
  };
  await run(seeds);
  const [first] = groups;
  if (!first) throw new DataError('No seeds to train');
  return groups.slice(1).reduce(merged, first);
}

function merged(a: TrainingResult, b: TrainingResult): TrainingResult {
  const external = Object.entries(a.external).map(([name, values]) => [name, [...values, ...(b.external[name] ?? [])]]);
  return {
    ...a,
    seeds: [...a.seeds, ...b.seeds],
    accuracy: [...a.accuracy, ...b.accuracy],
    loss: [...a.loss, ...b.loss],
    external: Object.fromEntries(external),
    wallMs: a.wallMs + b.wallMs,
  };
}

/** What is kept beside a checkpoint. */
interface Kept {
  readonly step: number;
  readonly wallMs: number;
  readonly stepMs: number;
  readonly curve: readonly Sample[];
}

async function trainGroup(job: TrainingJob, context: Context): Promise<TrainingResult> {
  const { model, training, steps, seeds, splits } = job;
  const { batch, optimizer, schedule } = training;
  const { gpu, signal } = context;
  const options = { batch, optimizer, schedule, seed: [...seeds], replicas: seeds.length, signal };
  await using learner = await trainer(gpu, model, options);
  const files = { checkpoint: context.keep(`${seeds[0]}.checkpoint`), place: context.keep(`${seeds[0]}.json`) };
  const kept = await resume(learner, files, context);
  const curve = [...kept.curve];
  const started = performance.now() - kept.wallMs;
  const rates = new Rates(kept);
  let saved = performance.now();
  const keep = async () => {
    const place: Kept = { step: learner.step, wallMs: performance.now() - started, stepMs: rates.stepMs, curve };
    await save(files.checkpoint, await learner.checkpoint());
    await writeWhole(files.place, JSON.stringify(place));
    saved = performance.now();
  };
  try {
    if (learner.step < steps) {
      const evaluateEvery = Math.max(LEAST_STEPS, Math.ceil(steps / EVALUATIONS));
      const left = steps - learner.step;
      for await (const progress of learner.fit(splits.train, {
        steps: left,
        validate: splits.validation,
        evaluateEvery,
        signal,
      })) {
        rates.add(progress);
        if (progress.validation) curve.push(sample(progress, progress.validation.replicas));
        context.progress(
          progress.step / steps,
          `step ${grouped(progress.step)} of ${grouped(steps)}, loss ${progress.loss.toFixed(4)}`,
        );
        if (performance.now() - saved > CHECKPOINT_MS) await keep();
      }
    }
  } catch (error) {
    if (signal.aborted && learner.step > 0) await keep();
    throw error;
  }
  const wallMs = performance.now() - started;
  const { replicas } = await learner.evaluate(splits.test);
  return {
    seeds,
    steps,
    accuracy: replicas.map(({ accuracy = Number.NaN }) => accuracy),
    loss: replicas.map(({ loss }) => loss),
    external: await testExternally(job, learner, context),
    curve,
    wallMs,
    stepMs: rates.stepMs,
    together: seeds.length,
    savedBytes: encodeModel(model, await learner.weights()).length,
  };
}

/** Goes on where an interrupted run left its checkpoint. */
async function resume(learner: Trainer, files: { checkpoint: string; place: string }, context: Context): Promise<Kept> {
  const text = await readFile(files.place, 'utf8').catch(undefinedIfMissing);
  if (text === undefined) return { step: 0, wallMs: 0, stepMs: 0, curve: [] };
  const kept = JSON.parse(text) as Kept;
  const loaded = await load(files.checkpoint);
  if (loaded.kind !== 'checkpoint')
    throw new DataError(`${files.checkpoint} holds no checkpoint; remove it, or start with --fresh`);
  learner.restore(loaded);
  // The checkpoint is written first: one step further than the place where the process was killed between the two.
  context.note(`goes on at step ${learner.step}`);
  return { ...kept, curve: kept.curve.filter(({ step }) => step <= learner.step) };
}

function sample({ step, replicas }: Progress, validation: readonly { loss: number; accuracy?: number }[]): Sample {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  return {
    step,
    loss: mean(replicas.map(({ loss }) => loss)),
    validationLoss: mean(validation.map(({ loss }) => loss)),
    validationAccuracy: mean(validation.map(({ accuracy = Number.NaN }) => accuracy)),
  };
}

/** Milliseconds a step, over all sessions of a training. */
class Rates {
  private steps: number;
  private ms: number;
  private step: number;

  constructor({ step, stepMs }: Kept) {
    this.step = step;
    this.steps = step;
    this.ms = step * stepMs;
  }

  add({ step, stepMs }: Progress): void {
    this.ms += stepMs * (step - this.step);
    this.steps += step - this.step;
    this.step = step;
  }

  get stepMs(): number {
    return this.steps === 0 ? 0 : this.ms / this.steps;
  }
}

async function testExternally({ model, seeds, external = {} }: TrainingJob, learner: Trainer, { gpu }: Context) {
  const found: Record<string, number[]> = Object.fromEntries(Object.keys(external).map((name) => [name, []]));
  if (Object.keys(external).length === 0) return found;
  for (let replica = 0; replica < seeds.length; replica++) {
    await using network = await predictor(gpu, model, await learner.weights(replica));
    for (const [name, data] of Object.entries(external)) found[name]?.push((await network.evaluate(data)).accuracy ?? Number.NaN);
  }
  return found;
}
