import { type Dataset, OptionError, type PlotAxis, type PlotPoint, type PlotSeries, plot, subset } from 'paredown/node';
import { grouped, percent, stepTime } from '../../../src/cli/common/format.ts';
import { type DataSource, hashes } from '../data.ts';
import { seedsOf, seedsText } from '../recipe.ts';
import { summary } from '../statistics.ts';
import { type Claim, type Context, type Figure, type Results, type Row, type Settings, type Table, UNKNOWN } from '../table.ts';
import { errorText, lossText } from './babu-mlp.ts';
import { peakAt } from './babu-peak.ts';
import { minimumNorm } from './minimum-norm.ts';
import { errorOf, oneHot, randomFeatures, squaredLoss } from './random-features.ts';

const IMAGES = 300;
const TEST = 2000;
const SIGMA = 5;
/** Features for each training image: dense about 1, where the least squares problem just gets a solution without error. */
const RATIOS = [
  0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 1, 1.05, 1.1, 1.15, 1.2, 1.3, 1.5, 1.75, 2, 3, 4, 6, 10,
] as const;

/** Values by seed. */
interface FeaturesResult {
  readonly seeds: readonly number[];
  readonly images: number;
  readonly features: number;
  readonly testError: readonly number[];
  readonly testLoss: readonly number[];
  readonly trainError: readonly number[];
  readonly trainLoss: readonly number[];
  /** Frobenius norm of the weights. */
  readonly norm: readonly number[];
  /** Of the features of the training images. */
  readonly smallestSingularValue: readonly number[];
  readonly rank: readonly number[];
  readonly wallMs: number;
}

const NOTES = [
  'M. Belkin, D. Hsu, S. Ma, S. Mandal, "Reconciling modern machine-learning practice and the classical bias-variance trade-off", PNAS 2019, which Babu and Enouen start from. Nothing is published here in numbers: the paper has a figure.',
  `Features: sqrt(2/N) cos(w.x + b) with w ~ N(0, 1/sigma^2), sigma = ${SIGMA}, b uniform over a turn, the real form of Rahimi and Recht; Belkin and others use exp(i w.x). Pixels are from 0 to 1. N features have 10 N weights; the peak is where each class has as many weights as images, N = n.`,
  `Each seed has its own ${IMAGES} MNIST training images (Belkin: 10,000) and its own features; the test is the first ${TEST.toLocaleString('en-US')} test images. Targets are 1 for the class and 0 for the others; the squared loss is summed over the ten outputs and averaged over the images.`,
  'Weights are those of least norm among the least squares solutions, in float64, by a singular value decomposition (ml-matrix). Test loss and norm are geometric means over the seeds, with the least and the greatest: at N = n they differ by powers of ten. There is no training and no GPU in it: --scale changes the number of images, --steps and --epochs are refused.',
];

export const babuRandomFeatures: Table = {
  name: 'babu-random-features',
  title: 'Belkin et al., random Fourier features: double descent of least squares on MNIST',
  notes: NOTES,
  columns: [
    { title: 'N / n', align: 'left' },
    { title: 'features' },
    { title: 'test error', width: 15 },
    { title: 'test loss', width: 22 },
    { title: 'train error', width: 15 },
    { title: 'train loss', width: 19 },
    { title: 'norm of weights', width: 22 },
    { title: 'smallest singular value', width: 15 },
    { title: 'our time', width: 8 },
  ],
  rows: (settings, data) => rows(settings, data),
  figures: async (results, _, length) => figures(results, length),
  claims,
};

const nameOf = (ratio: number) => `${ratio.toFixed(2)}n`;

async function rows(settings: Settings, data: DataSource): Promise<readonly Row[]> {
  if (settings.steps !== undefined || settings.epochs !== undefined)
    throw new OptionError(
      'babu-random-features solves equations and has no training steps; --scale changes the number of images',
    );
  const images = Math.max(20, Math.round(IMAGES * settings.scale));
  const seeds = seedsOf(settings, 5);
  const splits = await data.splits('mnist');
  if (images > splits.train.size)
    throw new OptionError(`--scale ${settings.scale} asks for ${images} training images; there are ${splits.train.size}`);
  const sets = await hashes(splits);
  return RATIOS.map((ratio) => {
    const features = Math.max(1, Math.round(ratio * images));
    const job: FeaturesJob = { images, features, seeds };
    return {
      name: nameOf(ratio),
      recipe: { ...job, sigma: SIGMA, test: TEST, data: sets },
      training: `${images} training images, ${seedsText(seeds)}`,
      scale: images / IMAGES,
      seeds: seeds.length,
      cost: seeds.length * (4 * images * features * Math.min(images, features) + 300 * TEST * features),
      run: (context) => solve(job, context),
      cells: (result) => cells(ratio, features, result as FeaturesResult | undefined),
    };
  });
}

interface FeaturesJob {
  readonly images: number;
  readonly features: number;
  readonly seeds: readonly number[];
}

async function solve({ images, features, seeds }: FeaturesJob, { data, signal, progress }: Context): Promise<FeaturesResult> {
  const { train, test } = await data.splits('mnist');
  const started = performance.now();
  const tested = subset(test, 0, Math.min(TEST, test.size), 'test');
  const found: ReturnType<typeof solveOne>[] = [];
  for (const [index, seed] of seeds.entries()) {
    progress(index / seeds.length, `seed ${seed}`);
    // So that a Ctrl-C is heard: what follows blocks for seconds.
    await new Promise((resolve) => setImmediate(resolve));
    signal.throwIfAborted();
    const from = ((seed - 1) * images) % (train.size - images + 1);
    found.push(solveOne(subset(train, from, from + images, 'train'), tested, features, seed));
  }
  const all = (key: keyof (typeof found)[number]) => found.map((one) => one[key]);
  return {
    seeds,
    images,
    features,
    testError: all('testError'),
    testLoss: all('testLoss'),
    trainError: all('trainError'),
    trainLoss: all('trainLoss'),
    norm: all('norm'),
    smallestSingularValue: all('smallest'),
    rank: all('rank'),
    wallMs: performance.now() - started,
  };
}

/** Least squares on the random features of some images, tested on others. */
export function solveOne(train: Dataset, test: Dataset, count: number, seed: number) {
  const featuresOf = randomFeatures({ pixels: train.x.length / train.size, count, sigma: SIGMA, seed });
  const [trainFeatures, testFeatures] = [featuresOf(train), featuresOf(test)];
  const [trainTargets, testTargets] = [oneHot(train), oneHot(test)];
  const { weights, rank, smallest } = minimumNorm(trainFeatures, trainTargets);
  const [onTrain, onTest] = [trainFeatures.mmul(weights), testFeatures.mmul(weights)];
  return {
    testError: errorOf(onTest, testTargets),
    testLoss: squaredLoss(onTest, testTargets),
    trainError: errorOf(onTrain, trainTargets),
    trainLoss: squaredLoss(onTrain, trainTargets),
    norm: weights.norm('frobenius'),
    rank,
    smallest,
  };
}

function cells(ratio: number, features: number, found: FeaturesResult | undefined): string[] {
  const known = [ratio.toFixed(2), features.toLocaleString('en-US')];
  if (!found) return [...known, ...Array.from({ length: 7 }, () => UNKNOWN)];
  const { testError, testLoss, trainError, trainLoss, norm, smallestSingularValue, wallMs } = found;
  return [
    ...known,
    errorText(testError),
    spreadText(testLoss),
    errorText(trainError),
    isRounding(trainLoss) ? summary(trainLoss).mean.toExponential(0) : lossText(trainLoss),
    spreadText(norm),
    lossText(smallestSingularValue),
    `${stepTime(wallMs / 1000)} s`,
  ];
}

const finishedOf = (results: Results) =>
  RATIOS.flatMap((ratio) => {
    const result = results.get(nameOf(ratio)) as FeaturesResult | undefined;
    return result ? [{ ratio, result }] : [];
  });

async function figures(results: Results, length: string): Promise<Figure[]> {
  const done = finishedOf(results);
  const counts = [...new Set(done.map(({ result }) => `n = ${result.images} images, ${seedsText(result.seeds)}`))];
  const series = (name: string, pointOf: (result: FeaturesResult) => Omit<PlotPoint, 'x'>): PlotSeries => ({
    name,
    style: 'both',
    points: done.map(({ ratio, result }) => ({ x: ratio, ...pointOf(result) })),
  });
  const geometric = (key: 'testLoss' | 'norm') => (result: FeaturesResult) => ({ y: geometricMean(result[key]) });
  const arithmetic = (key: 'testError' | 'trainError') => (result: FeaturesResult) => {
    const { mean, deviation } = summary(result[key]);
    return { y: mean, deviation };
  };
  const draw = async (file: string, means: string, y: PlotAxis, lines: readonly PlotSeries[]): Promise<Figure> => ({
    file,
    svg: await plot({
      title: `Random Fourier features on MNIST: ${y.name}`,
      subtitle: `${length}: ${counts.join('; ')}; ${means}`,
      height: 480,
      x: { name: 'features for each training image, N / n', scale: 'log', min: 0.04 },
      y,
      series: lines,
      marks: [{ x: 1, label: 'N = n' }],
    }),
  });
  return [
    await draw('loss.svg', 'geometric means', { name: 'squared loss', scale: 'log' }, [
      series('test', geometric('testLoss')),
      // One of rounding alone would stretch the axis by twenty powers of ten.
      series('train', ({ trainLoss }) => ({ y: isRounding(trainLoss) ? Number.NaN : geometricMean(trainLoss) })),
    ]),
    await draw('error.svg', 'means and standard deviations', { name: 'error', format: 'percent', min: 0 }, [
      series('test', arithmetic('testError')),
      series('train', arithmetic('trainError')),
    ]),
    await draw('norm.svg', 'geometric means', { name: 'weight norm', scale: 'log' }, [series('norm', geometric('norm'))]),
  ];
}

/** What is left of a solution without error is rounding. */
const isRounding = (trainLoss: readonly number[]) => summary(trainLoss).mean < 1e-12;

/** At N = n losses differ by powers of ten from seed to seed: their arithmetic mean would be that of the largest. */
function geometricMean(values: readonly number[]): number {
  return Math.exp(summary(values.map(Math.log)).mean);
}

/** `12.3 (4.50 to 60.0)`: the geometric mean, the least and the greatest. */
function spreadText(values: readonly number[]): string {
  const mean = threeDigits(geometricMean(values));
  return values.length < 2 ? mean : `${mean} (${threeDigits(Math.min(...values))} to ${threeDigits(Math.max(...values))})`;
}

function threeDigits(value: number): string {
  return value < 100 ? value.toPrecision(3) : grouped(Math.round(value));
}

function claims(results: Results): readonly Claim[] {
  const done = finishedOf(results);
  if (done.length < RATIOS.length) return [];
  const threshold = done.findIndex(({ ratio }) => ratio === 1);
  const of = (
    name: string,
    valuesOf: (result: FeaturesResult) => readonly number[],
    text: (mean: number) => string,
  ): readonly Claim[] => {
    const curve = done.map(({ result }) => valuesOf(result));
    const means = curve.map((values) => summary(values).mean);
    const at = (index: number) => `${text(means[index] ?? Number.NaN)} at ${done[index]?.ratio} n`;
    const highest = means.indexOf(Math.max(...means));
    const before = means.indexOf(Math.min(...means.slice(0, threshold)));
    const peak = peakAt(curve, threshold);
    const stands = peak?.stands === true && peak.top === threshold;
    return [
      { text: `the test ${name} is highest at N = n`, holds: highest === threshold, found: at(highest) },
      {
        text: `the test ${name} at N = n stands above that of fewer and of more features`,
        holds: stands,
        found: peak ? [peak.before, peak.top, peak.after].map(at).join(', ') : '',
      },
      {
        text: `with many features the test ${name} falls below all that fewer than n reach`,
        holds: (means.at(-1) ?? Number.NaN) < (means[before] ?? Number.NaN),
        found: [means.length - 1, before].map(at).join(', '),
      },
    ];
  };
  return [
    ...of(
      'loss',
      ({ testLoss }) => testLoss.map(Math.log),
      (mean) => threeDigits(Math.exp(mean)),
    ),
    ...of('error', ({ testError }) => testError, percent),
  ];
}
