import { DataError } from '../../core/errors.ts';
import type { Dataset } from '../../data/index.ts';
import { thinnedImage } from '../../report/study/pixels.ts';
import type { JudgedImages, WrongImage } from '../../report/study/portrait.ts';
import type { Predictor } from '../../train/predictor.ts';

/** Images that are looked at, and of those that come out wrong the ones that are shown. */
const MOST_IMAGES = 20_000;
const MOST_WRONG = 24;
const AT_ONCE = 1000;
/** The confusion of more classes takes more memory than it is worth. */
const MOST_CLASSES = 1000;

export interface JudgeProgress {
  readonly images: number;
  readonly of: number;
}

/**
 * What a network makes of labelled images, the first 20,000 of them. `keepsBack`: some of them are kept back from the search. Throws a
 * DataError where they show no classes, or more than 1,000, or the network's outputs are no numbers.
 */
export async function judgedImages(
  network: Predictor,
  validation: Dataset,
  keepsBack: boolean,
  onProgress: (progress: JudgeProgress) => void = () => undefined,
): Promise<JudgedImages> {
  const { x, y, scale, offset, inputShape, classes = 0, classNames } = validation;
  if (classes < 2) throw new DataError('The data have no classes that could be taken for another.');
  if (classes > MOST_CLASSES)
    throw new DataError(`The data have ${classes} classes, more than the ${MOST_CLASSES} that are told apart here.`);
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
      if (predicted < 0) throw new DataError('The outputs of the network are no numbers.');
      const counted = confusion[label];
      if (counted) counted[predicted] = (counted[predicted] ?? 0) + 1;
      if (predicted !== label)
        wrong.push({ label, predicted, probability: chances[predicted] ?? 0, ofLabel: chances[label] ?? 0, index: first + row });
    }
    onProgress({ images: first + rows, of: size });
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
          ...thinnedImage(bytesOf(x.subarray(index * length, (index + 1) * length)), inputShape),
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
