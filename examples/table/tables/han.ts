import { describe, type PlotSeries, plot } from 'paredown/node';
import { grouped, percent, stepTime } from '../../../src/cli/common/format.ts';
import { type Compression, type CompressionResult, compressNetwork } from '../compression-row.ts';
import { counts } from '../counts.ts';
import type { DataSource } from '../data.ts';
import { hashes } from '../data.ts';
import { accuracyText, inZoo } from '../network-row.ts';
import { scaleOf, seedsOf, stepsOf, type Training, trainingText } from '../recipe.ts';
import { summary } from '../statistics.ts';
import { type Claim, type Figure, type Results, type Row, type Settings, type Table, UNKNOWN } from '../table.ts';

/** What Deep Compression prints of a network. */
interface Printed {
  readonly network: string;
  readonly bytes: number;
  readonly error: number;
  /** Shares of the weights that it keeps, layer by layer. */
  readonly kept: readonly number[];
}

const FULLY_CONNECTED: Printed = {
  network: 'han/lenet-300-100',
  bytes: 27_000,
  error: 0.0158,
  kept: [0.08, 0.09, 0.26],
};

const CONVOLUTIONAL: Printed = {
  network: 'han/lenet-5',
  bytes: 44_000,
  error: 0.0074,
  kept: [0.66, 0.12, 0.08, 0.19],
};

interface Aim {
  readonly name: string;
  readonly printed: Printed;
  readonly compression: Compression;
  /** What we want: at most so many bytes at this test error at the most. */
  readonly wanted: { readonly bytes: number; readonly error: number };
}

const STAGES = { batch: 256, learningRate: 3e-3, weightDecay: 0.1 } as const;
const EPOCHS = { whole: 10, pruned: 15, quantized: 10 } as const;

const AIMS: readonly Aim[] = [
  {
    name: 'han/lenet-300-100',
    printed: FULLY_CONNECTED,
    compression: {
      ...STAGES,
      epochs: EPOCHS,
      sparsity: { 'dense_1/weights': 0.95, 'dense_2/weights': 0.93, 'dense_3/weights': 0.7 },
      bits: 4,
    },
    wanted: { bytes: 24_000, error: 0.0158 },
  },
  {
    name: 'han/lenet-300-100 in 10 kB',
    printed: FULLY_CONNECTED,
    compression: {
      ...STAGES,
      epochs: EPOCHS,
      sparsity: { 'dense_1/weights': 0.977, 'dense_2/weights': 0.96, 'dense_3/weights': 0.8 },
      bits: 4,
    },
    wanted: { bytes: 10_000, error: 0.02 },
  },
  {
    name: 'han/lenet-5',
    printed: CONVOLUTIONAL,
    compression: {
      ...STAGES,
      weightDecay: 0.02,
      epochs: EPOCHS,
      sparsity: { 'conv2d_1/filter': 0.3, 'conv2d_2/filter': 0.85, 'dense_1/weights': 0.96, 'dense_2/weights': 0.8 },
      bits: 4,
    },
    wanted: { bytes: 40_000, error: 0.008 },
  },
  {
    name: 'han/lenet-5 in 10 kB',
    printed: CONVOLUTIONAL,
    compression: {
      ...STAGES,
      weightDecay: 0.02,
      epochs: EPOCHS,
      sparsity: { 'conv2d_1/filter': 0.5, 'conv2d_2/filter': 0.92, 'dense_1/weights': 0.99, 'dense_2/weights': 0.9 },
      bits: 4,
    },
    wanted: { bytes: 10_000, error: 0.01 },
  },
];

const NOTES = [
  'Published: S. Han, H. Mao and W. J. Dally, "Deep Compression" (arXiv 1510.00149), Tables 1 to 3: weights pruned, shared by code books of 6 bits (LeNet-300-100), or 8 and 5 bits (LeNet-5), and Huffman-coded; one training each, its best test error. What their bytes leave out is not told.',
  'Ours: trained with AdamW (its rate falls along a cosine in each stage), pruned by magnitude while the share of zeros rises over half of the second stage, then trained for integers of few bits with a trained scale for each output channel, the zeros kept; written by `encodeCompressed` (a range code). Bytes are the whole file: layers, scales, biases, checksum. Accuracy is that of the network that the file decodes to, after the last step.',
  'kept: numbers that are not 0, of each filter and matrix, in the order of the layers.',
];

const COLUMNS = [
  { title: 'network', align: 'left' },
  { title: 'parameters' },
  { title: 'kept, published' },
  { title: 'kept, ours', width: 24 },
  { title: 'error, published' },
  { title: 'error, whole', width: 15 },
  { title: 'error, pruned', width: 15 },
  { title: 'error, file', width: 15 },
  { title: 'bytes, published' },
  { title: 'bytes, ours', width: 14 },
  { title: 'smaller by' },
  { title: 'our time', width: 8 },
] as const;

export const han: Table = {
  name: 'han-1',
  title: 'Deep Compression, Tables 1 to 3: LeNet-300-100 and LeNet-5 on MNIST',
  notes: NOTES,
  columns: COLUMNS,
  rows: (settings, data) => Promise.all(AIMS.map((aim) => rowOf(aim, settings, data))),
  figures: (results, _, length) => figures(results, length),
  claims,
};

async function rowOf(aim: Aim, settings: Settings, data: DataSource): Promise<Row> {
  const { name, printed, compression } = aim;
  const model = inZoo(printed.network);
  const { whole, pruned, quantized } = compression.epochs;
  const { batch, learningRate } = compression;
  const training: Training = {
    data: 'mnist-60000',
    batch,
    optimizer: {
      type: 'adamW',
      learningRate,
      weightDecay: compression.weightDecay,
      decays: 'weights',
      beta1: 0.9,
      beta2: 0.999,
      epsilon: 1e-8,
    },
    length: { epochs: whole + pruned + quantized },
  };
  const splits = await data.splits(training.data);
  const steps = stepsOf(training, splits.train.size, settings);
  const seeds = seedsOf(settings);
  const { macs, modelHash } = counts(model);
  return {
    name,
    recipe: { model: modelHash, compression, steps, seeds, data: await hashes(splits) },
    training: trainingText(training, splits.train.size, steps, seeds),
    scale: scaleOf(training, splits.train.size, steps),
    seeds: seeds.length,
    resumes: true,
    cost: steps * batch * seeds.length * macs,
    run: (context) => compressNetwork({ model, compression, steps, seeds, splits }, context),
    cells: (result) => cells(aim, result as CompressionResult | undefined),
  };
}

const errorText = (accuracy: readonly number[]) => accuracyText(accuracy.map((value) => 1 - value));

function cells({ name, printed }: Aim, found: CompressionResult | undefined): string[] {
  const { parameters } = describe(inZoo(printed.network));
  const ours = found && summary(found.bytes).mean;
  return [
    name,
    grouped(parameters),
    printed.kept.map((share) => percent(share)).join(' '),
    found ? Object.values(found.kept).map(grouped).join(' ') : UNKNOWN,
    percent(printed.error),
    found ? errorText(found.whole) : UNKNOWN,
    found ? errorText(found.pruned) : UNKNOWN,
    found ? errorText(found.compressed) : UNKNOWN,
    grouped(printed.bytes),
    ours === undefined ? UNKNOWN : grouped(Math.round(ours)),
    ours === undefined ? UNKNOWN : `${Math.round((4 * parameters) / ours)}x`,
    found ? `${stepTime(found.wallMs / 1000)} s` : UNKNOWN,
  ];
}

/** That the mean file is as small as wanted, and the mean error as low. */
function claims(results: Results): Claim[] {
  return AIMS.flatMap(({ name, wanted }) => {
    const found = results.get(name) as CompressionResult | undefined;
    if (!found) return [];
    const [bytes, error] = [summary(found.bytes).mean, 1 - summary(found.compressed).mean];
    const text = `our own aim, ${name}: at most ${grouped(wanted.bytes)} bytes at ${percent(wanted.error)}`;
    const holds = bytes <= wanted.bytes && error <= wanted.error;
    return [{ text, holds, found: `${grouped(Math.round(bytes))} bytes at ${errorText(found.compressed)}` }];
  });
}

async function figures(results: Results, length: string): Promise<Figure[]> {
  const published: PlotSeries = {
    name: 'published',
    style: 'points',
    symbol: 'diamond',
    color: 0,
    points: [FULLY_CONNECTED, CONVOLUTIONAL].map(({ network, bytes, error }) => ({
      x: bytes,
      y: 1 - error,
      label: shortName(network),
    })),
  };
  const ours: PlotSeries = {
    name: 'ours',
    style: 'points',
    color: 1,
    points: AIMS.flatMap(({ name }) => {
      const found = results.get(name) as CompressionResult | undefined;
      if (!found) return [];
      const { mean, deviation } = summary(found.compressed);
      return [{ x: summary(found.bytes).mean, y: mean, deviation, label: shortName(name) }];
    }),
  };
  return [
    {
      file: 'bytes.svg',
      svg: await plot({
        title: 'Deep Compression: accuracy against bytes of the file',
        subtitle: length,
        x: { name: 'bytes', scale: 'log' },
        y: { name: 'test accuracy', format: 'percent' },
        series: [published, ours].filter(({ points }) => points.length > 0),
      }),
    },
  ];
}

const shortName = (name: string) => name.replace(/^[^/]+\//, '');
