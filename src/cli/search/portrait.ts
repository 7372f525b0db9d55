import { join } from 'node:path';
import {
  bestTraining,
  type Dataset,
  datasetHash,
  describe,
  type JudgedImages,
  load,
  type Model,
  openGpu,
  type Portrait,
  predictor,
  type StudyFolder,
  type StudySettings,
  type Weights,
  type WrongImage,
} from 'paredown/node';
import { type DataSource, isOwn, loadData } from '../common/data-source.ts';
import { setupOf } from './settings.ts';

/** Images that are looked at, and of those that come out wrong the ones that are shown. */
const MOST_IMAGES = 20_000;
const MOST_WRONG = 24;
const AT_ONCE = 1000;

/** What the best network of a study is inside and makes of its validation data, as far as weights, data and an adapter are at hand. */
export async function portraitOf(folder: string, settings: StudySettings, study: StudyFolder): Promise<Portrait | undefined> {
  const best = bestTraining(settings.problem, study.records);
  if (!best) return undefined;
  const { record, replica, seed } = best;
  const { key, model } = record;
  const kept = await study.trained(record, replica).catch(() => undefined);
  const saved = kept ?? (await savedIn(folder, describe(model).hash));
  if (!saved)
    return {
      key,
      seed,
      judged: `The study holds no weights of trial ${record.number + 1}, so what it makes of images is not told.`,
    };
  const { weights } = saved;
  if ((record.recipe?.leaves ?? setupOf(settings).leaves) !== undefined)
    return {
      key,
      seed,
      weights,
      judged: 'Networks of this study leave as a file of few bits: paredown evaluate tells what that makes of images.',
    };
  try {
    const judged = await judgedBy(weights, model, settings, saved.input?.dataHash);
    return { key, seed, weights, judged };
  } catch (error) {
    // Its first sentence: a page goes on to others, whom the folders of this machine do not concern.
    const [reason] = (error instanceof Error ? error.message : String(error)).split(/\n|\.(?: |$)/);
    return { key, seed, weights, judged: `What it makes of the validation images is not told: ${reason}.` };
  }
}

/** What `search best --save` wrote beside the study. */
async function savedIn(folder: string, hash: string) {
  const loaded = await load(join(folder, 'best.safetensors')).catch(() => undefined);
  return loaded?.kind === 'model' && describe(loaded.model).hash === hash ? loaded : undefined;
}

async function judgedBy(
  weights: Weights,
  model: Model,
  { data, problem }: StudySettings,
  hash: string | undefined,
): Promise<JudgedImages | string> {
  const source = data.source as DataSource;
  const { train, validation } = await loadData(source, { offline: true, shape: problem.input });
  const known = data.validation + (data.confirmation ?? 0);
  const isOther = validation.size !== known || (isOwn(source) && hash !== undefined && (await datasetHash(train)) !== hash);
  if (isOther) return 'The data are not those of the study any more, so what it makes of images is not told.';
  if (validation.classes === undefined || validation.classes < 2)
    return 'The data have no classes that could be taken for another.';
  await using gpu = await openGpu();
  await using network = await predictor(gpu, model, weights, { batch: Math.min(64, validation.size) });
  return await judgedImages(network, validation, data.confirmation !== undefined);
}

async function judgedImages(
  network: Awaited<ReturnType<typeof predictor>>,
  validation: Dataset,
  keepsBack: boolean,
): Promise<JudgedImages> {
  const { x, y, scale, offset, inputShape, classes = 2, classNames } = validation;
  const size = Math.min(validation.size, MOST_IMAGES);
  const length = inputShape.reduce((product, side) => product * side, 1);
  const confusion = Array.from({ length: classes }, () => Array.from({ length: classes }, () => 0));
  const wrong: (Omit<WrongImage, 'shape' | 'pixels'> & { readonly index: number })[] = [];
  for (let first = 0; first < size; first += AT_ONCE) {
    const rows = Math.min(AT_ONCE, size - first);
    const values = Float32Array.from(x.subarray(first * length, (first + rows) * length), (value) => value * scale + offset);
    const outputs = await network.predict({ shape: [rows, ...inputShape], data: values });
    for (let row = 0; row < rows; row++) {
      const chances = probabilities(
        outputs.data.subarray((row * outputs.data.length) / rows, ((row + 1) * outputs.data.length) / rows),
      );
      const label = y[first + row] ?? 0;
      const predicted = chances.indexOf(Math.max(...chances));
      const counted = confusion[label];
      if (counted) counted[predicted] = (counted[predicted] ?? 0) + 1;
      if (predicted !== label)
        wrong.push({ label, predicted, probability: chances[predicted] ?? 0, ofLabel: chances[label] ?? 0, index: first + row });
    }
  }
  const surest = wrong.sort((a, b) => b.probability - a.probability).slice(0, MOST_WRONG);
  const isImage = inputShape.length === 3 && [1, 3].includes(inputShape[2] ?? 0);
  return {
    name: `${size < validation.size ? 'the first ' : ''}validation images${keepsBack ? ', those kept back included,' : ''}`,
    ...(classNames && { classNames }),
    confusion,
    wrong: !isImage
      ? []
      : surest.map(({ index, ...rest }) => ({
          ...rest,
          shape: inputShape,
          pixels: bytesOf(x.subarray(index * length, (index + 1) * length)),
        })),
  };
}

/** Of the classes: of logits, or of the single one of two classes. */
function probabilities(logits: Float32Array): number[] {
  const [only = 0] = logits;
  if (logits.length === 1) return [1 / (1 + Math.exp(only)), 1 / (1 + Math.exp(-only))];
  const most = logits.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const powers = Array.from(logits, (value) => Math.exp(value - most));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / sum);
}

/** Floats between their least and their most. */
function bytesOf(values: Uint8Array | Float32Array): Uint8Array {
  if (values instanceof Uint8Array) return values;
  const [low, high] = values.reduce(([a, b], value) => [Math.min(a, value), Math.max(b, value)], [Infinity, -Infinity]);
  return Uint8Array.from(values, (value) => Math.round((255 * (value - low)) / (high - low || 1)));
}
