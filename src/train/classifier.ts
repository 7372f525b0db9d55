import { refuseUnknown } from '../core/arguments.ts';
import { DataError, OptionError, ShapeError } from '../core/errors.ts';
import { type OutputKind, outputKind, probabilitiesOf } from '../core/probabilities.ts';
import { formatShape } from '../core/value.ts';
import type { InputDescription } from '../data/input-description.ts';
import { inputOf } from '../formats/kind.ts';
import type { DecodedModel } from '../formats/model-file.ts';
import type { Gpu } from '../gpu/gpu.ts';
import { input as inputTensor } from '../graph/sources.ts';
import { Network } from '../model/network.ts';
import { resolve } from '../model/resolve.ts';
import type { Model } from '../model/types.ts';
import { beforeActivation } from '../ops/activation.ts';
import { checkCount } from './checks.ts';
import { type ClassifierImage, sampleOf } from './classifier-input.ts';
import { Predictions } from './predictions.ts';
import { endsWithLengths } from './usual-loss.ts';

/** How probable a class is. */
export interface Classification {
  /** Its name; its index as a text, where the model does not tell names. */
  readonly class: string;
  readonly index: number;
  readonly probability: number;
}

/** Tells what images show. Make it with `classifier()`. */
export class Classifier {
  /** Plans for a batch: made when so many images come that they are faster together. */
  private together: Promise<Predictions> | undefined;
  private readonly running = new Set<Promise<unknown>>();
  private closed = false;

  constructor(
    private readonly gpu: Gpu,
    private readonly decoded: DecodedModel,
    private readonly input: InputDescription | undefined,
    private readonly batch: number,
    private readonly one: Predictions,
    private readonly kind: OutputKind,
  ) {}

  /** The classes of an image, the most probable first; of an array of images, those of each. */
  classify(images: readonly ClassifierImage[]): Promise<(readonly Classification[])[]>;
  classify(image: ClassifierImage): Promise<readonly Classification[]>;
  async classify(
    given: ClassifierImage | readonly ClassifierImage[],
  ): Promise<readonly Classification[] | (readonly Classification[])[]> {
    if (this.closed) throw new OptionError('This classifier was destroyed');
    const done = Array.isArray(given) ? this.each(given) : this.single(given);
    this.running.add(done);
    try {
      return await done;
    } finally {
      this.running.delete(done);
    }
  }

  /** Frees what the classifier made on the GPU, after the images that are under way. */
  async destroy(): Promise<void> {
    this.closed = true;
    await Promise.allSettled(this.running);
    const together = await this.together?.catch(() => undefined);
    await Promise.all([this.one.destroy(), together?.destroy()]);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.destroy();
  }

  private async single(image: unknown): Promise<readonly Classification[]> {
    const [found = []] = await this.several([image], () => 'classify: the image');
    return found;
  }

  private async each(images: readonly unknown[]): Promise<(readonly Classification[])[]> {
    const found: (readonly Classification[])[] = [];
    for (let first = 0; first < images.length; first += this.batch) {
      const some = Array.from(images.slice(first, first + this.batch));
      found.push(...(await this.several(some, (index) => `classify: image ${first + index}`)));
    }
    return found;
  }

  /** At most a batch of images. */
  private async several(images: readonly unknown[], nameOf: (index: number) => string): Promise<(readonly Classification[])[]> {
    const { input: shape } = this.decoded.model;
    const samples = images.map((image, index) => sampleOf(nameOf(index), image, shape, this.input));
    const outputs = samples.length > Math.max(1, this.batch / ALONE) ? await this.inBatch(samples) : await this.oneByOne(samples);
    return outputs.map((output, index) => this.ranked(output, nameOf(index)));
  }

  private oneByOne(samples: readonly Float32Array[]): Promise<Float32Array[]> {
    const shape = [1, ...this.decoded.model.input];
    return Promise.all(samples.map(async (data) => (await this.one.predict({ shape, data })).data));
  }

  private async inBatch(samples: readonly Float32Array[]): Promise<Float32Array[]> {
    const length = samples[0]?.length ?? 0;
    const data = new Float32Array(samples.length * length);
    for (const [index, sample] of samples.entries()) data.set(sample, index * length);
    const together = await this.forBatches();
    const { data: outputs } = await together.predict({ shape: [samples.length, ...this.decoded.model.input], data });
    const width = outputs.length / samples.length;
    return samples.map((_, index) => outputs.subarray(index * width, (index + 1) * width));
  }

  /** One for all that come: a plan that could not be made it makes anew the next time, over the same weights. */
  private async forBatches(): Promise<Predictions> {
    const { model, weights } = this.decoded;
    this.together ??= Predictions.create(this.gpu, model, weights, { batch: this.batch });
    const { together } = this;
    try {
      return await together;
    } catch (error) {
      if (this.together === together) this.together = undefined;
      throw error;
    }
  }

  private ranked(output: Float32Array, where: string): Classification[] {
    if (!output.every(Number.isFinite))
      throw new DataError(
        `${where}: the model's output is not finite; a weight or a number of the image is not, or is too large`,
      );
    const names = this.input?.classNames;
    const classes = probabilitiesOf(this.kind, output).map((probability, index) => ({
      class: names?.[index] ?? `${index}`,
      index,
      probability,
    }));
    return classes.sort((a, b) => b.probability - a.probability);
  }
}

/** One image, and up to an eighth of a batch, is run one by one: that takes about as long, and a plan for the batch would be compiled first. */
const ALONE = 8;

/** How a model tells the probability of each class. Throws a ShapeError for one that tells none. */
function outputKindOf(model: Model, input: InputDescription | undefined): OutputKind {
  const output = resolve(model).at(-1)?.outputShape ?? model.input;
  if (output.length !== 1)
    throw new ShapeError(`classifier: the model's output is ${formatShape(output)}; classes are told apart by [classes]`);
  if (endsWithLengths(model)) return 'probabilities';
  const y = new Network(model, [0]).apply(inputTensor('x', [1, ...model.input]), 'inference');
  const ends = (['softmax', 'sigmoid'] as const).find((kind) => beforeActivation(y, kind));
  return outputKind(ends, output[0] ?? 0, input?.classNames?.length);
}

export async function classifier(
  gpu: Gpu,
  decoded: DecodedModel,
  { batch = 64, ...rest }: { readonly batch?: number } = {},
): Promise<Classifier> {
  refuseUnknown('classifier', rest, ['batch']);
  checkCount('classifier: batch', batch);
  const { model, weights } = decoded;
  const input = decoded.input && inputOf('classifier: input', decoded.input, model);
  const kind = outputKindOf(model, input);
  const one = await Predictions.create(gpu, model, weights, { batch: 1 });
  try {
    // Plans and compiles, so that the first image is as fast as the others.
    await one.predict({ shape: [1, ...model.input], data: new Float32Array(model.input.reduce((a, b) => a * b, 1)) });
  } catch (error) {
    await one.destroy();
    throw error;
  }
  return new Classifier(gpu, decoded, input, batch, one, kind);
}
