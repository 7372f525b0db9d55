import { describe, type Gpu, type Model, model, type Predictor, predictor, type Weights } from 'paredown';
import type { LayerPictures, Tiles } from './calls.ts';
import type { Session } from './session.ts';

/** Filters, or channels of a layer's output, that are shown. */
const SHOWN = 64;

export function viewCalls(session: Session) {
  const views = new Views();
  return {
    /** The filters of the first convolution, or the weights of a dense layer on the image itself; none where there is no picture in them. */
    async filters(): Promise<Tiles | undefined> {
      const { subject } = session;
      return subject && filterTiles(subject.model, subject.weights);
    },
    /**
     * What each layer makes of an image: bytes as they are stored, of the network's input shape, or floats as the network sees them. Nothing
     * where there is no network, or the image is of another size.
     */
    async activations(image: Uint8Array | Float32Array): Promise<readonly LayerPictures[]> {
      const { subject } = session;
      if (!subject || image.length !== subject.model.input.reduce((product, size) => product * size, 1)) return [];
      const { scale, offset } = subject.input;
      const x = image instanceof Uint8Array ? Float32Array.from(image, (byte) => byte * scale + offset) : image;
      return views.of(await session.gpu(), subject.model, subject.weights, x);
    },
  };
}

/** A network cut behind each of its layers, to be asked what comes out there. */
interface Cut {
  readonly name: string;
  readonly type: string;
  readonly network: Model;
}

/** Predictors of the cut networks: kernels stay compiled when the weights change, since the device keeps them. */
class Views {
  private made: { readonly weights: Weights; readonly all: readonly { cut: Cut; asked: Predictor }[] } | undefined;
  private work: Promise<unknown> = Promise.resolve();

  /** One image after the other. */
  of(gpu: Gpu, whole: Model, weights: Weights, x: Float32Array): Promise<readonly LayerPictures[]> {
    const pictures = this.work.then(() => this.look(gpu, whole, weights, x));
    this.work = pictures.catch(() => undefined);
    return pictures;
  }

  private async look(gpu: Gpu, whole: Model, weights: Weights, x: Float32Array): Promise<readonly LayerPictures[]> {
    if (this.made?.weights !== weights) {
      const all = await Promise.all(
        cutsOf(whole).map(async (cut) => ({ cut, asked: await predictor(gpu, cut.network, partOf(cut, weights), { batch: 1 }) })),
      );
      const before = this.made?.all ?? [];
      this.made = { weights, all };
      await Promise.all(before.map(({ asked }) => asked.destroy()));
    }
    const value = { shape: [1, ...whole.input], data: x };
    return Promise.all(
      this.made.all.map(async ({ cut: { name, type }, asked }) => {
        const { shape, data } = await asked.predict(value);
        return { name, type, ...channelTiles(shape.slice(1), data) };
      }),
    );
  }
}

/** Layers that change nothing in prediction, or only how the numbers are read, have no picture of their own. */
const UNSEEN: readonly string[] = ['dropout', 'flatten', 'reshape', 'tap'];

function cutsOf(whole: Model): Cut[] {
  const { input, layers } = whole;
  const names = namesOf(whole);
  return layers.flatMap(({ type }, index) => {
    if (UNSEEN.includes(type)) return [];
    try {
      const network = model(input, layers.slice(0, index + 1));
      return [{ name: names[index] ?? type, type, network }];
    } catch {
      // Not a network by itself: a value is kept here that is joined in later.
      return [];
    }
  });
}

/** Of the layers themselves, not of those inside them. */
function namesOf(whole: Model): readonly string[] {
  return describe(whole)
    .layers.map(({ name }) => name)
    .filter((name) => !name.includes('/'));
}

/** Those of the weights that belong to a cut network's layers. */
function partOf({ network }: Cut, weights: Weights): Weights {
  const names = describe(network).layers.map(({ name }) => `${name}/`);
  return new Map([...weights].filter(([weight]) => names.some((name) => weight.startsWith(name))));
}

/** [h, w, c] as a picture a channel, [n] as a row; all of a layer on one scale, from its least to its largest number. */
function channelTiles(shape: readonly number[], data: Float32Array): Tiles {
  const [height, width, channels] = shape.length === 3 ? (shape as [number, number, number]) : ([1, shape[0] ?? 1, 1] as const);
  const [low, high] = rangeOf(data);
  const count = Math.min(SHOWN, channels);
  const pixels = new Uint8Array(count * height * width);
  for (let channel = 0; channel < count; channel++)
    for (let at = 0; at < height * width; at++)
      pixels[channel * height * width + at] = (255 * ((data[at * channels + channel] ?? 0) - low)) / (high - low || 1);
  return { width, height, colours: 1, count, of: channels, pixels, low, high };
}

/** The filters on one scale, on which 0 is the middle grey. */
function filterTiles(whole: Model, weights: Weights): Tiles | undefined {
  const { input, layers } = whole;
  const [height = 1, width = 1, channels = 1] = input;
  if (input.length !== 3 || (channels !== 1 && channels !== 3)) return undefined;
  const at = layers.findIndex(({ type }) => !UNSEEN.includes(type));
  const name = namesOf(whole)[at];
  const filter = weights.get(`${name}/filter`);
  const matrix = weights.get(`${name}/weights`);
  if (filter) {
    const [h = 1, w = 1, c = 1, k = 1] = filter.shape;
    return layers[at]?.type === 'conv2d' && c === channels ? columnTiles(h, w, channels, k, filter.data) : undefined;
  }
  return matrix?.shape[0] === height * width * channels
    ? columnTiles(height, width, channels, matrix.shape[1] ?? 1, matrix.data)
    : undefined;
}

/** [height, width, colours, of], a picture for each of the last axis. */
function columnTiles(height: number, width: number, colours: 1 | 3, of: number, data: Float32Array): Tiles {
  const [low, high] = rangeOf(data);
  const most = Math.max(-low, high) || 1;
  const count = Math.min(SHOWN, of);
  const length = height * width * colours;
  const pixels = new Uint8Array(count * length);
  for (let tile = 0; tile < count; tile++)
    for (let at = 0; at < length; at++) pixels[tile * length + at] = 127.5 + (127.5 * (data[at * of + tile] ?? 0)) / most;
  return { width, height, colours, count, of, pixels, low: -most, high: most };
}

function rangeOf(data: Float32Array): [number, number] {
  let [low, high] = [Infinity, -Infinity];
  for (const value of data) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return [low, high];
}
