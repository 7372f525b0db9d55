import { datasetHash, type Model, OptionError, type PublishedFigure, zoo } from 'paredown/node';
import { grouped, percent, stepTime } from '../../src/cli/common/format.ts';
import { type Counts, counts } from './counts.ts';
import { type DataSource, hashes } from './data.ts';
import { scaleOf, seedsOf, stepsOf, type Training, trainingText } from './recipe.ts';
import { summary } from './statistics.ts';
import { type Column, NOT_YET, type Row, type Settings, UNKNOWN } from './table.ts';
import { type TrainingJob, type TrainingResult, trainNetwork } from './train-row.ts';

export interface NetworkRow {
  /** In the zoo. */
  readonly network: string;
  readonly training: Training;
  readonly published?: PublishedFigure;
  /** Which parameters the paper counts [with biases]. */
  readonly counted?: 'weights' | 'parameters';
  readonly external?: TrainingJob['external'];
}

/** Columns beyond those of every table of networks. */
export interface ExtraColumns {
  readonly columns: readonly Column[];
  cells(row: NetworkRow, result: TrainingResult | undefined): readonly string[];
}

export const NETWORK_COLUMNS: readonly Column[] = [
  { title: 'network', align: 'left' },
  { title: 'parameters' },
  { title: 'with biases' },
  { title: 'activations' },
  { title: 'MACs' },
  { title: 'published' },
  { title: 'ours', width: 15 },
  { title: 'published time' },
  { title: 'ours, a seed', width: 12 },
  { title: 'saved' },
];

/** A network of the zoo, trained from `settings.seeds` seeds and tested. */
export async function networkRow(
  described: NetworkRow,
  settings: Settings,
  data: DataSource,
  extra?: ExtraColumns,
): Promise<Row> {
  const { network, training, external } = described;
  if (!(network in zoo)) return missingRow(described, extra);
  const model = inZoo(network);
  const splits = await data.splits(training.data);
  const known = counts(model);
  const steps = stepsOf(training, splits.train.size, settings);
  const seeds = seedsOf(settings);
  const job: TrainingJob = { model, training, steps, seeds, splits, external };
  return {
    name: network,
    recipe: {
      model: known.modelHash,
      training,
      steps,
      seeds,
      data: await hashes(splits),
      external: await Promise.all(Object.values(external ?? {}).map(datasetHash)),
    },
    training: trainingText(training, splits.train.size, steps, seeds),
    scale: scaleOf(training, splits.train.size, steps),
    seeds: seeds.length,
    cost: steps * seeds.length * costOfStep(training.batch, known),
    resumes: true,
    run: (context) => trainNetwork(job, context),
    extend: (begun, context) => trainNetwork(job, context, begun as TrainingResult),
    cells: (result) => cells(described, known, result as TrainingResult | undefined, extra),
  };
}

function cells(row: NetworkRow, known: Counts, found: TrainingResult | undefined, extra: ExtraColumns | undefined): string[] {
  const { network, published, counted = 'parameters' } = row;
  return [
    network,
    grouped(counted === 'weights' ? known.weights : known.parameters),
    grouped(known.parameters),
    bytes(known.activationBytes),
    grouped(known.macs),
    publishedAccuracy(published),
    found ? accuracyText(found.accuracy) : UNKNOWN,
    published?.time_s == null ? UNKNOWN : `${published.time_s} s`,
    found ? `${seconds(found)} s` : UNKNOWN,
    found ? bytes(found.savedBytes) : UNKNOWN,
    ...(extra?.cells(row, found) ?? []),
  ];
}

/** A published network that the zoo does not have yet. */
function missingRow(row: NetworkRow, extra: ExtraColumns | undefined): Row {
  const { network, published } = row;
  const size = published?.params == null ? NOT_YET : grouped(published.params);
  const accuracy = publishedAccuracy(published);
  const own = [network, size, size, NOT_YET, NOT_YET, accuracy, NOT_YET, UNKNOWN, NOT_YET, NOT_YET];
  return {
    name: network,
    recipe: {},
    training: '',
    scale: 1,
    seeds: 0,
    cost: 0,
    cells: () => [...own, ...(extra?.cells(row, undefined) ?? [])],
  };
}

/** Both values where a paper contradicts itself, the consistent one first. */
function publishedAccuracy(figure: PublishedFigure | undefined): string {
  if (figure?.accuracy == null) return UNKNOWN;
  const { accuracy, accuracy_alt: other } = figure;
  return other === undefined ? percent(accuracy) : `${percent(accuracy)} or ${percent(other)}`;
}

export function inZoo(name: string): Model {
  const model = zoo[name];
  if (!model) throw new OptionError(`The zoo has no network ${name}`);
  return model;
}

/** `97.27 ± 0.11%`; the deviation is that of the sample. */
export function accuracyText(values: readonly number[]): string {
  const { mean, deviation } = summary(values);
  return deviation === undefined ? percent(mean) : `${(100 * mean).toFixed(2)} ± ${percent(deviation)}`;
}

/** Seconds of training for one seed, without evaluations: those of all seeds, which share most of a step, divided by their number. */
export function seconds({ stepMs, steps, seeds }: TrainingResult): string {
  return stepTime((stepMs * steps) / seeds.length / 1000);
}

/** Bytes in a person's unit: `12.3 kB`, `1.60 MB`; 1 kB is 1,000 bytes. */
export function bytes(count: number): string {
  if (count < 1000) return `${count} B`;
  const [value, unit] = count < 1e6 ? [count / 1e3, 'kB'] : [count / 1e6, 'MB'];
  return `${value.toFixed(value < 9.995 ? 2 : value < 99.95 ? 1 : 0)} ${unit}`;
}

/** Work of a step for one seed: products forward and twice backward, the optimizer's traffic, and what each step costs anyway. */
export function costOfStep(batch: number, { macs, parameters }: { macs: number; parameters: number }): number {
  return 3 * batch * macs + 12 * parameters + 2e6;
}
