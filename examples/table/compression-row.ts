import { readFile } from 'node:fs/promises';
import {
  adamW,
  DataError,
  type Dataset,
  decodeModel,
  encodeCompressed,
  fromJson,
  load,
  type Model,
  predictor,
  type QuantizedModel,
  save,
  statistics,
  type Trainer,
  type TrainerOptions,
  toJson,
  trainer,
  writeFileAtomic,
} from 'paredown/node';
import { undefinedIfMissing } from '../../src/cli/common/files.ts';
import { grouped } from '../../src/cli/common/format.ts';
import type { Splits } from './data.ts';
import type { Context } from './table.ts';

/** Trained as it is, then pruned and trained on, then trained for few bits, each from where the one before ended. */
export interface Compression {
  readonly batch: number;
  /** At the start of each stage, from which it falls along a cosine. */
  readonly learningRate: number;
  readonly weightDecay: number;
  /** Of a stage, in passes over the training data. */
  readonly epochs: { readonly whole: number; readonly pruned: number; readonly quantized: number };
  /** The share of each filter and matrix that is 0 in the end. */
  readonly sparsity: Readonly<Record<string, number>>;
  readonly bits: 8 | 6 | 5 | 4 | 3 | 2;
}

export interface CompressionResult {
  readonly seeds: readonly number[];
  readonly steps: number;
  /** Test accuracy after each stage, one for each seed; of the last that of the network that the file decodes to. */
  readonly whole: readonly number[];
  readonly pruned: readonly number[];
  readonly compressed: readonly number[];
  /** Length of the file of each seed. */
  readonly bytes: readonly number[];
  /** Numbers of each filter and matrix that are not 0, a mean over the seeds. */
  readonly kept: Readonly<Record<string, number>>;
  readonly wallMs: number;
}

export interface CompressionJob {
  readonly model: Model;
  readonly compression: Compression;
  /** Of all stages. */
  readonly steps: number;
  readonly seeds: readonly number[];
  readonly splits: Splits;
}

const STAGES = ['whole', 'pruned', 'quantized'] as const;
type Stage = (typeof STAGES)[number];

const WORDS: Readonly<Record<Stage, string>> = { whole: 'as it is', pruned: 'pruned', quantized: 'for few bits' };

/** What is kept of a row between its stages. */
interface Kept {
  readonly done: readonly Stage[];
  readonly accuracy: Partial<Readonly<Record<Stage, readonly number[]>>>;
  readonly wallMs: number;
}

/** Trains all seeds as replicas, stage after stage; interrupted, it goes on behind the last stage that ended. */
export async function compressNetwork(job: CompressionJob, context: Context): Promise<CompressionResult> {
  const { seeds, splits, steps } = job;
  const stages = new Stages(context);
  let kept = await stages.read();
  const started = performance.now() - kept.wallMs;
  for (const [index, stage] of STAGES.entries()) {
    if (kept.done.includes(stage)) continue;
    const before = STAGES[index - 1];
    await using learner = await trainer(context.gpu, job.model, optionsOf(stage, job, context.signal));
    if (before) await stages.handOn(before, learner, seeds);
    await train(learner, stage, job, context);
    const accuracy = accuraciesOf(await learner.evaluate(splits.test, { signal: context.signal }));
    if (stage === 'quantized') {
      const models = await Promise.all(seeds.map((_, replica) => learner.quantized(replica)));
      const wallMs = performance.now() - started;
      return { ...(await coded(models, splits.test, context)), ...stagesOf(kept), seeds, steps, wallMs };
    }
    await stages.keep(stage, job.model, learner, seeds);
    const { done } = kept;
    kept = { done: [...done, stage], accuracy: { ...kept.accuracy, [stage]: accuracy }, wallMs: performance.now() - started };
    await stages.write(kept);
    await context.reached(shareBehind(stage, job));
  }
  throw new Error('a row whose last stage has ended is finished');
}

function stagesOf({ accuracy: { whole = [], pruned = [] } }: Kept): Pick<CompressionResult, 'whole' | 'pruned'> {
  return { whole, pruned };
}

/** Steps of a stage: its share of all. */
function stepsOfStage(stage: Stage, { compression: { epochs }, steps }: CompressionJob): number {
  const all = STAGES.reduce((sum, one) => sum + epochs[one], 0);
  return Math.max(1, Math.round((steps * epochs[stage]) / all));
}

/** Of all steps, those of the stages up to this one. */
function shareBehind(stage: Stage, job: CompressionJob): number {
  const steps = (stages: readonly Stage[]) => stages.reduce((sum, one) => sum + stepsOfStage(one, job), 0);
  return steps(STAGES.slice(0, STAGES.indexOf(stage) + 1)) / steps(STAGES);
}

function optionsOf(stage: Stage, job: CompressionJob, signal: AbortSignal): TrainerOptions {
  const { compression, seeds } = job;
  const { batch, learningRate, weightDecay, sparsity, bits } = compression;
  const steps = stepsOfStage(stage, job);
  return {
    batch,
    optimizer: adamW({ learningRate, weightDecay, decays: 'weights' }),
    schedule: { type: 'cosine', steps },
    seed: [...seeds],
    replicas: seeds.length,
    signal,
    // The share of zeros rises over the first half; what is left is trained on over the second.
    ...(stage === 'pruned' && {
      pruning: { sparsity, steps: Math.floor(steps / 2), every: Math.max(1, Math.floor(steps / 100)) },
    }),
    ...(stage === 'quantized' && { pruning: {}, quantization: { weights: bits, activations: 'float' } }),
  };
}

async function train(learner: Trainer, stage: Stage, job: CompressionJob, { signal, progress }: Context): Promise<void> {
  const all = STAGES.reduce((sum, one) => sum + stepsOfStage(one, job), 0);
  const before = STAGES.slice(0, STAGES.indexOf(stage)).reduce((sum, one) => sum + stepsOfStage(one, job), 0);
  for await (const { step, loss } of learner.fit(job.splits.train, { steps: stepsOfStage(stage, job), signal }))
    progress((before + step) / all, `${WORDS[stage]}: step ${grouped(step)}, loss ${loss.toFixed(4)}`);
}

function accuraciesOf({ replicas }: { readonly replicas: readonly { readonly accuracy?: number }[] }): number[] {
  return replicas.map(({ accuracy = Number.NaN }) => accuracy);
}

/** Accuracy of what the very files hold. */
async function coded(models: readonly QuantizedModel[], test: Dataset, { gpu, signal }: Context) {
  const compressed: number[] = [];
  const bytes: number[] = [];
  const kept = new Map<string, number[]>();
  for (const quantized of models) {
    const file = encodeCompressed(quantized);
    const decoded = decodeModel(file);
    await using network = await predictor(gpu, decoded.quantized ?? quantized);
    compressed.push((await network.evaluate(test, { signal })).accuracy ?? Number.NaN);
    bytes.push(file.length);
    for (const [name, { data }] of decoded.weights)
      if (!name.endsWith('/bias'))
        kept.set(name, [...(kept.get(name) ?? []), data.reduce((count, value) => count + (value === 0 ? 0 : 1), 0)]);
  }
  const means = [...kept].map(([name, counts]) => [name, Math.round(statistics.mean(counts))]);
  return { compressed, bytes, kept: Object.fromEntries(means) as Record<string, number> };
}

/** Weights of all seeds behind each stage, in files that the row keeps while it runs. */
class Stages {
  constructor(private readonly context: Context) {}

  async read(): Promise<Kept> {
    const text = await readFile(this.context.keep('stages.json'), 'utf8').catch(undefinedIfMissing);
    if (text === undefined) return { done: [], accuracy: {}, wallMs: 0 };
    const kept = fromJson(text) as Kept;
    this.context.note(`goes on behind: ${kept.done.map((stage) => WORDS[stage]).join(', ')}`);
    return kept;
  }

  write(kept: Kept): Promise<void> {
    return writeFileAtomic(this.context.keep('stages.json'), toJson(kept));
  }

  async keep(stage: Stage, model: Model, learner: Trainer, seeds: readonly number[]): Promise<void> {
    for (const [replica, seed] of seeds.entries()) await save(this.pathOf(stage, seed), model, await learner.weights(replica));
  }

  /** Gives a trainer what a stage ended with. */
  async handOn(stage: Stage, learner: Trainer, seeds: readonly number[]): Promise<void> {
    for (const [replica, seed] of seeds.entries()) {
      const loaded = await load(this.pathOf(stage, seed));
      if (loaded.kind !== 'model') throw new DataError(`${this.pathOf(stage, seed)} holds no weights; start again with --fresh`);
      learner.setWeights(loaded.weights, replica);
    }
  }

  private pathOf(stage: Stage, seed: number): string {
    return this.context.keep(`${stage}-${seed}.safetensors`);
  }
}
