import { classifier, type Gpu, type Model, type Shape } from 'paredown';
import { apply, compile, gradient, input, multiply, sum } from 'paredown/graph';
import type { Session, Subject } from '../session.ts';
import type { Look, LookMap } from './calls.ts';
import { ofBytes, probabilitiesOf } from './draw.ts';
import { Kept } from './kept.ts';

/** The most places that a patch is laid on. */
const MOST_PLACES = 256;
const GREY = 128;

/** What a network looks at. */
export function looksOf(session: Session) {
  const patched = new Kept(session, (gpu, { model, weights, input }) =>
    classifier(gpu, { model, weights, input: ofBytes(input) }, { batch: placesOf(model.input).length }),
  );
  const derived = new Kept(session, gradientProgram);

  /** How much less probable a class is where a grey patch covers the image: all places in one batch. */
  async function occlusion(seen: Uint8Array, index: number): Promise<Omit<LookMap, 'milliseconds'>> {
    return patched.use(async (network, { model }) => {
      const { rows, columns } = gridOf(model.input);
      const whole = (await probabilitiesOf(network, seen))[index] ?? 0;
      const covered = placesOf(model.input).map((place) => withPatch(seen, model.input, place));
      const found = await network.classify(covered);
      const left = found.map((classes) => classes.find((one) => one.index === index)?.probability ?? 0);
      const values = Float32Array.from(left, (probability) => Math.max(0, whole - probability));
      return { look: 'occlusion', index, rows, columns, values, probability: { whole, least: Math.min(...left) } };
    });
  }

  /** How much the output for a class changes with each pixel. */
  async function slope(seen: Uint8Array, index: number): Promise<Omit<LookMap, 'milliseconds'>> {
    return derived.use(async (program, { model, input: { scale, offset } }) => {
      const [rows = 1, columns = 1, channels = 1] = model.input;
      const outputs = program.outputs;
      const chosen = Float32Array.from({ length: outputs }, (_, output) => (output === Math.min(index, outputs - 1) ? 1 : 0));
      const x = { shape: [1, ...model.input], data: Float32Array.from(seen, (byte) => Math.fround(byte * scale) + offset) };
      const { slopes } = await program.run({ x, chosen: { shape: [1, outputs], data: chosen } });
      const values = new Float32Array(rows * columns);
      slopes?.data.forEach((value, at) => {
        const pixel = Math.floor(at / channels);
        values[pixel] = (values[pixel] ?? 0) + Math.abs(value);
      });
      return { look: 'gradient', index, rows, columns, values };
    });
  }

  return async (look: Look, seen: Uint8Array, index: number): Promise<LookMap> => {
    const start = performance.now();
    const map = await (look === 'occlusion' ? occlusion : slope)(seen, index);
    return { ...map, milliseconds: performance.now() - start };
  };
}

async function gradientProgram(gpu: Gpu, { model, weights }: Subject) {
  const x = input('x', [1, ...model.input]);
  const y = apply(withoutProbabilities(model), weights, x);
  const outputs = y.shape[1] ?? 1;
  const [slopes] = gradient(sum({ x: multiply({ a: y, b: input('chosen', [1, outputs]) }) }), [x]);
  if (!slopes) throw new Error('The output does not depend on the image.');
  return { ...(await compile(gpu, { outputs: { slopes } })), outputs };
}

/** The gradient of a probability near 1 is 0: what it is made of tells more. */
function withoutProbabilities(model: Model): Model {
  const last = model.layers.at(-1);
  if (!last || !('activation' in last) || (last.activation !== 'softmax' && last.activation !== 'sigmoid')) return model;
  const { activation, ...linear } = last;
  return { ...model, layers: [...model.layers.slice(0, -1), ...(linear.type === 'activation' ? [] : [linear])] } as Model;
}

function gridOf([rows = 1, columns = 1]: Shape) {
  const stride = Math.max(1, Math.ceil(Math.sqrt((rows * columns) / MOST_PLACES)));
  return { stride, rows: Math.ceil(rows / stride), columns: Math.ceil(columns / stride) };
}

interface Place {
  readonly top: number;
  readonly left: number;
  readonly side: number;
}

/** Patches of a fifth of the image, about the middle of each field of the grid. */
function placesOf(shape: Shape): Place[] {
  const { stride, rows, columns } = gridOf(shape);
  const side = Math.max(1, Math.round(Math.min(shape[0] ?? 1, shape[1] ?? 1) / 5));
  const begin = (field: number) => Math.round(field * stride + stride / 2 - side / 2);
  return Array.from({ length: rows * columns }, (_, at) => ({
    ...{ top: begin(Math.floor(at / columns)), left: begin(at % columns), side },
  }));
}

function withPatch(seen: Uint8Array, [rows = 1, columns = 1, channels = 1]: Shape, { top, left, side }: Place): Uint8Array {
  const covered = seen.slice();
  const [from, to] = [Math.max(0, left), Math.min(columns, left + side)];
  for (let row = Math.max(0, top); row < Math.min(rows, top + side); row++)
    covered.fill(GREY, (row * columns + from) * channels, (row * columns + to) * channels);
  return covered;
}
