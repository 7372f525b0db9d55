import { readFile, rm } from 'node:fs/promises';
import {
  DataError,
  type Dataset,
  encodeModel,
  fromJson,
  LimitError,
  load,
  type Model,
  type Progress,
  predictor,
  save,
  statistics,
  type Trainer,
  toJson,
  trainer,
  writeFileAtomic,
} from 'paredown/node';
import { undefinedIfMissing } from '../../src/cli/common/files.ts';
import { grouped } from '../../src/cli/common/format.ts';
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
  /** In the course of the training; of the first group of seeds. */
  readonly curve: readonly Sample[];
  /** Milliseconds that the training of all seeds took, evaluations and checkpoints included. */
  readonly wallMs: number;
  /** Milliseconds that a step took, of all seeds together, without evaluations. */
  readonly stepMs: number;
  readonly savedBytes: number;
}

/** Where a training was: means over the seeds. */
export interface Sample {
  readonly step: number;
  /** Of the training batches since the report before; absent where an interruption came between. */
  readonly loss?: number;
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

/** Evaluations on the validation split in the course of a training. */
const EVALUATIONS = 20;
/** The fewest samples trained on between two, for each sample evaluated: so evaluations take a seventh of the time at most. */
const LEAST_TRAINED = 2;
const CHECKPOINT_MS = 60_000;

/**
 * Trains a network from each seed that `begun` has not got, all of them as replicas of one plan, or in groups where the adapter lacks
 * the room, and tests them at the end. Interrupted, it leaves a checkpoint and goes on from there.
 */
export async function trainNetwork(job: TrainingJob, context: Context, begun?: TrainingResult): Promise<TrainingResult> {
  const seeds = job.seeds.filter((seed) => !begun?.seeds.includes(seed));
  const groups: TrainingResult[] = begun ? [begun] : [];
  let trained = 0;
  const run = async (part: readonly number[]): Promise<void> => {
    try {
      const whole = (done: number) => (trained + part.length * done) / seeds.length;
      const ofAll = {
        ...context,
        progress: (done: number, text: string) => context.progress(whole(done), text),
        reached: (done: number) => context.reached(whole(done)),
      };
      groups.push(await trainGroup({ ...job, seeds: part }, ofAll));
      trained += part.length;
    } catch (error) {
      if (!(error instanceof LimitError) || part.length === 1) throw error;
      const half = Math.ceil(part.length / 2);
      await run(part.slice(0, half));
      await run(part.slice(half));
    }
  };
  if (seeds.length > 0) await run(seeds);
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
    stepMs: a.stepMs + b.stepMs,
  };
}

/** What is kept of an interrupted training. */
interface Kept {
  /** Name of the checkpoint's file. */
  readonly checkpoint?: string;
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
  const running = new RunningTraining(seeds, steps, context);
  const kept = await running.resume(learner);
  const curve = [...kept.curve];
  const started = performance.now() - kept.wallMs;
  const rates = new Rates(kept);
  const keep = () => running.keep(learner, { wallMs: performance.now() - started, stepMs: rates.stepMs, curve });
  const least = Math.ceil((LEAST_TRAINED * splits.validation.size) / batch);
  const evaluateEvery = Math.max(least, Math.ceil(steps / EVALUATIONS));
  /** The evaluation that an interruption came before. */
  const catchUp = async () => {
    const { step } = learner;
    if (step === 0 || (step % evaluateEvery !== 0 && step !== steps) || curve.at(-1)?.step === step) return;
    curve.push(sample(step, (await learner.evaluate(splits.validation, { signal })).replicas));
  };
  try {
    await catchUp();
    const left = steps - learner.step;
    if (left > 0)
      for await (const progress of learner.fit(splits.train, {
        steps: left,
        validate: splits.validation,
        evaluateEvery,
        signal,
      })) {
        const { step, loss, validation, replicas } = progress;
        rates.add(progress);
        if (validation) curve.push(sample(step, validation.replicas, statistics.mean(replicas.map((replica) => replica.loss))));
        context.progress(step / steps, `step ${grouped(step)} of ${grouped(steps)}, loss ${loss.toFixed(4)}`);
        if (running.isDue) await keep();
      }
    await catchUp();
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
    savedBytes: encodeModel(model, await learner.weights()).length,
  };
}

/** Where a training is kept while it runs: a checkpoint, and a small file that names it and is written after it. */
class RunningTraining {
  private readonly name: string;
  private saved = performance.now();
  private checkpoint: string | undefined;

  constructor(
    seeds: readonly number[],
    private readonly steps: number,
    private readonly context: Context,
  ) {
    this.name = `seeds-${seeds.join('-')}`;
  }

  get isDue(): boolean {
    return performance.now() - this.saved > CHECKPOINT_MS;
  }

  async keep(learner: Trainer, kept: Omit<Kept, 'checkpoint' | 'step'>): Promise<void> {
    const { step } = learner;
    const checkpoint = `${this.name}-step-${step}.checkpoint`;
    await save(this.context.keep(checkpoint), await learner.checkpoint());
    await writeFileAtomic(this.context.keep(`${this.name}.json`), toJson({ ...kept, checkpoint, step } satisfies Kept));
    if (this.checkpoint !== undefined && this.checkpoint !== checkpoint)
      await rm(this.context.keep(this.checkpoint), { force: true });
    this.checkpoint = checkpoint;
    this.saved = performance.now();
    await this.context.reached(step / this.steps);
  }

  /** Goes on where an interrupted run left its checkpoint. */
  async resume(learner: Trainer): Promise<Kept> {
    const text = await readFile(this.context.keep(`${this.name}.json`), 'utf8').catch(undefinedIfMissing);
    const kept = text === undefined ? undefined : (fromJson(text) as Kept);
    if (kept?.checkpoint === undefined) return { step: 0, wallMs: 0, stepMs: 0, curve: [] };
    const path = this.context.keep(kept.checkpoint);
    const loaded = await load(path);
    if (loaded.kind !== 'checkpoint') throw new DataError(`${path} holds no checkpoint; start again with --fresh`);
    learner.restore(loaded);
    this.checkpoint = kept.checkpoint;
    this.context.note(`goes on at step ${grouped(learner.step)}`);
    return kept;
  }
}

function sample(step: number, validation: readonly { loss: number; accuracy?: number }[], loss?: number): Sample {
  return {
    step,
    ...(loss !== undefined && { loss }),
    validationLoss: statistics.mean(validation.map((replica) => replica.loss)),
    validationAccuracy: statistics.mean(validation.map(({ accuracy = Number.NaN }) => accuracy)),
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
