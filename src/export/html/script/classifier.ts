import { probabilitiesOf } from '../../../core/probabilities.ts';
import { elements, type Shape } from '../../../core/value.ts';
import type { ExportGraph } from '../../../deploy/operations.ts';
import type { IntegerGraph } from '../../../quantize/integer-graph.ts';
import type { Content } from '../content.ts';
import { floatNetwork } from './floats.ts';
import { type PageImage, pixelsOf } from './image.ts';
import { integerNetwork } from './integers.ts';
import { unpacked } from './unpack.ts';

/** How probable a class is. */
export interface PageClass {
  readonly class: string;
  readonly index: number;
  readonly probability: number;
}

/** What `window.paredown` is on a page. */
export interface PageClassifier {
  /** Of one sample: [height, width, channels] or [n]. */
  readonly shape: Shape;
  readonly classNames: readonly string[];
  /**
   * The classes, the most probable first, of an image of any size, or of numbers as the data had them, as many as the shape has: bytes
   * of pixels, or floats.
   */
  classify(sample: PageImage | Uint8Array | Uint8ClampedArray | Float32Array): PageClass[];
  /** The network's outputs for what it sees: stored numbers, scaled. */
  predict(values: Float32Array): Float32Array;
  /** The bytes that stand for an image of any size. */
  pixels(image: PageImage): Uint8Array;
}

declare global {
  var paredown: PageClassifier;
}

export function pageClassifier(content: Content): PageClassifier {
  const { numbers, stored, output, classNames } = content;
  const graph = unpacked(content);
  const { shape } = graph.input;
  const size = elements(shape);
  const run = numbers === 'integers' ? integerNetwork(graph as IntegerGraph) : floatNetwork(graph as ExportGraph);
  const [scale, offset] = [Math.fround(stored?.scale ?? 1), Math.fround(stored?.offset ?? 0)];

  const predict = (values: Float32Array): Float32Array => {
    if (!(values instanceof Float32Array) || values.length !== size)
      throw new TypeError(`predict takes a Float32Array of ${size} numbers, ${shape.join(' x ')}`);
    return run(values);
  };
  const pixels = (image: PageImage): Uint8Array => {
    if (!stored || stored.dtype === 'float32')
      throw new TypeError('Nothing tells how this network sees the bytes of images; give it a Float32Array');
    return pixelsOf(image, shape);
  };
  const classify = (sample: PageImage | Uint8Array | Uint8ClampedArray | Float32Array): PageClass[] => {
    const given = ArrayBuffer.isView(sample) ? sample : pixels(sample);
    if (given.length !== size)
      throw new RangeError(`This network takes ${size} numbers, ${shape.join(' x ')}, got ${given.length}`);
    const outputs = predict(Float32Array.from(given, (number) => Math.fround(number * scale) + offset));
    if (!outputs.every(Number.isFinite))
      throw new RangeError('The output of the network is not finite; a number of the input is not, or is too large');
    const classes = probabilitiesOf(output, outputs).map((probability, index) => ({
      class: classNames[index] ?? `${index}`,
      index,
      probability,
    }));
    return classes.sort((a, b) => b.probability - a.probability);
  };
  return { shape, classNames, classify, predict, pixels };
}
