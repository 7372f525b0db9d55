import {
  adam,
  type Dataset,
  datasetHash,
  describe,
  type MlpOptions,
  type Model,
  mlp,
  predictor,
  published,
  quadrants,
  subset,
  type Trainer,
  trainer,
} from 'paredown/node';
import { grouped, percent } from '../../../src/cli/common/format.ts';
import { seedsOf, seedsText } from '../recipe.ts';
import { summary } from '../statistics.ts';
import type { Context, Settings } from '../table.ts';

/** Points of Babu and Enouen's study: what they train on, and what they test on. */
export const TRAINED = 140;
const THEIR_TEST = 30;
const OUR_TEST = 2000;

/** Steps at full length; each sees all points. */
const STEPS = 2000;
/** One output and the cross-entropy of its sigmoid, summed over all points, as the printed losses are. */
const OPTIMIZER = adam({ learningRate: 0.01 });
const LOSS = { type: 'binaryCrossEntropy', reduction: 'sum' } as const;

const printed = (table: '2' | '3') =>
  published.find(({ paper, table: found, matrix }) => paper.startsWith('Babu') && found === table && matrix)?.matrix ?? [];
/** The printed grids, depth 1 to 10 by width 1 to 20: shares of 30 points, and losses summed over 140. */
export const PRINTED_ERROR = printed('2');
export const PRINTED_LOSS = printed('3');

export interface Points {
  readonly dimensions: number;
  /** Share of the training labels that are flipped. */
  readonly noise: number;
}

/** A network on points, from several seeds; values by seed. */
export interface MlpResult {
  readonly seeds: readonly number[];
  readonly steps: number;
  /** Share of points on the wrong side. */
  readonly trainError: readonly number[];
  readonly testError: readonly number[];
  /** On the first 30 test points. */
  readonly theirError: readonly number[];
  /** Cross-entropy summed over the 140 points, and the mean of a test point. */
  readonly trainLoss: readonly number[];
  readonly testLoss: readonly number[];
  /** Whether the output is the same number for every training point. */
  readonly dead: readonly boolean[];
  readonly wallMs: number;
}

export interface MlpRow {
  readonly model: Model;
  /** Beside other rows: a step's dispatches, which decide how long such small networks take. */
  readonly cost: number;
  readonly recipe: object;
  readonly training: string;
  readonly scale: number;
  readonly seeds: number;
  run(context: Context): Promise<MlpResult>;
}

export interface Drawn {
  readonly train: Dataset;
  readonly test: Dataset;
  readonly hashes: { readonly train: string; readonly test: string };
}

/** Points of the sign-product classes; the same for each seed of the weights. */
export async function drawPoints({ dimensions, noise }: Points): Promise<Drawn> {
  const { train, test } = quadrants({ points: TRAINED, test: OUR_TEST, dimensions, noise });
  return { train, test, hashes: { train: await datasetHash(train), test: await datasetHash(test) } };
}

/** A dense network on drawn points, trained from 20 seeds of initial weights as replicas of one plan. */
export function mlpRow(
  shape: Pick<MlpOptions, 'depth' | 'width' | 'residual'>,
  { train, test, hashes }: Drawn,
  settings: Settings,
): MlpRow {
  const model = mlp({ inputs: train.inputShape[0] ?? 1, outputs: 1, ...shape });
  const steps = pointSteps(STEPS, settings);
  const seeds = seedsOf(settings, 20);
  return {
    model,
    cost: steps * (6 + 3 * shape.depth),
    recipe: { model: describe(model).hash, data: hashes, training: { optimizer: OPTIMIZER, loss: LOSS, steps }, seeds },
    training: `${grouped(steps)} steps of all ${TRAINED} points, ${seedsText(seeds)}`,
    scale: steps / STEPS,
    seeds: seeds.length,
    run: (context) => trainMlps({ model, train, test, steps, seeds }, context),
  };
}

/** Where a step sees all points, steps are epochs. */
export function pointSteps(full: number, { steps, epochs, scale }: Settings): number {
  return steps ?? epochs ?? Math.max(1, Math.round(full * scale));
}

interface MlpJob {
  readonly model: Model;
  readonly train: Dataset;
  readonly test: Dataset;
  readonly steps: number;
  readonly seeds: readonly number[];
}

async function trainMlps({ model, train, test, steps, seeds }: MlpJob, context: Context): Promise<MlpResult> {
  const { gpu, signal } = context;
  const started = performance.now();
  const options = { batch: train.size, optimizer: OPTIMIZER, loss: LOSS, seed: [...seeds], replicas: seeds.length, signal };
  await using learner = await trainer(gpu, model, options);
  for await (const { step, loss } of learner.fit(train, { steps, signal }))
    context.progress(step / steps, `step ${step} of ${steps}, mean loss ${loss.toFixed(3)}`);
  const wallMs = performance.now() - started;
  const [onTrain, onTest, onTheirs] = [
    await learner.evaluate(train, { signal }),
    await learner.evaluate(test, { signal }),
    await learner.evaluate(subset(test, 0, THEIR_TEST, 'test'), { signal }),
  ].map(({ replicas }) => ({
    errors: replicas.map(({ accuracy = Number.NaN }) => 1 - accuracy),
    losses: replicas.map(({ loss }) => loss),
    oneClass: replicas.map(({ confusion }) => confusion !== undefined && predictsOneClass(confusion)),
  }));
  if (!onTrain || !onTest || !onTheirs) throw new Error('Three sets were evaluated');
  const dead: boolean[] = [];
  for (const [replica, oneClass] of onTrain.oneClass.entries())
    dead.push(oneClass && (await isConstant(learner, replica, train, context)));
  return {
    seeds,
    steps,
    trainError: onTrain.errors,
    testError: onTest.errors,
    theirError: onTheirs.errors,
    trainLoss: onTrain.losses,
    testLoss: onTest.losses.map((loss) => loss / test.size),
    dead,
    wallMs,
  };
}

function predictsOneClass(confusion: readonly (readonly number[])[]): boolean {
  const predicted = (confusion[0] ?? []).map((_, index) => confusion.some((row) => (row[index] ?? 0) > 0));
  return predicted.filter(Boolean).length === 1;
}

/** Whether a replica answers every point with the very same number: no input reaches its output. */
async function isConstant(learner: Trainer, replica: number, { x, size, inputShape }: Dataset, { gpu }: Context) {
  await using network = await predictor(gpu, learner.model, await learner.weights(replica), { batch: size });
  const { data } = await network.predict({ shape: [size, ...inputShape], data: Float32Array.from(x) });
  return data.every((output) => output === data[0]);
}

/** `31.20 ± 3.10%` */
export function errorText(values: readonly number[]): string {
  const { mean, deviation } = summary(values);
  return deviation === undefined ? percent(mean) : `${(100 * mean).toFixed(2)} ± ${percent(deviation)}`;
}

/** `12.3 ± 4.5`, in three digits of the mean. */
export function lossText(values: readonly number[]): string {
  const { mean, deviation } = summary(values);
  const decimals = Math.min(6, Math.max(0, 2 - Math.floor(Math.log10(Math.abs(mean) || 1))));
  return deviation === undefined ? mean.toFixed(decimals) : `${mean.toFixed(decimals)} ± ${deviation.toFixed(decimals)}`;
}
