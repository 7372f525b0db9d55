import { activationKinds, isPlainActivation } from '../../src/core/activations/registry.ts';
import { Random } from '../../src/core/random.ts';
import { elements } from '../../src/core/value.ts';
import { layerList, parametersOf, resolve } from '../../src/model/resolve.ts';
import {
  type Activation,
  activation,
  avgPool2d,
  branch,
  conv2d,
  conv2dTranspose,
  dense,
  depthwiseConv2d,
  flatten,
  type Layer,
  type LayerType,
  type Model,
  maxPool2d,
  merge,
  model,
  reshape,
  ShapeError,
  type Weights,
  zoo,
} from '../../src/node.ts';
import { type LayerCase, layerCases } from '../cases/layers.ts';

/** A network that every exporter and every runtime behind it is tried with. */
export interface ExportedModel {
  readonly title: string;
  readonly m: Model;
}

/** The layer types that no format has a form for: every exporter refuses them by name (capsules.test.ts). */
export const STAYING: readonly LayerType[] = ['primaryCapsules', 'capsules', 'capsuleLength'];
const LEAVING = (Object.keys(layerCases) as LayerType[]).filter((type) => !STAYING.includes(type));

/** The published networks of layers that leave. */
export const leavingZoo: Readonly<Record<string, Model>> = Object.fromEntries(
  Object.entries(zoo).filter(([, m]) => layerList(resolve(m)).every(({ layer }) => LEAVING.includes(layer.type))),
);

/** The cases of every layer type that leaves, each a network by itself. */
export function layerModels(): ExportedModel[] {
  return LEAVING.flatMap((type) =>
    layerCases[type].map(({ title, input, layers }) => ({ title: `${type} ${title}`, m: model(input, layers) })),
  );
}

/** A few of those cases, drawn by the seed, one behind the other, each beside its own input: the same for the same seed. */
export function composedModel(seed: number): Model {
  const random = new Random(seed, 0x6578706f);
  const cases = LEAVING.flatMap((type) => layerCases[type]);
  const drawn = Array.from({ length: 2 + random.below(2) }, () => cases[random.below(cases.length)] as LayerCase);
  const vector = (shape: readonly number[]): Layer[] => (shape.length > 1 ? [flatten()] : []);
  const layers = drawn.flatMap(({ input, layers, output }, index): Layer[] => [
    ...(index > 0 ? [dense(elements(input)), ...(input.length > 1 ? [reshape(input as [number, number, number])] : [])] : []),
    branch([...layers, ...vector(output)], vector(input)),
  ]);
  return model(drawn[0]?.input ?? [1], [...layers, dense(4)]);
}

/** Every activation, and softmax, of an image from -8 to 8 and of what was made of it, whole and flattened. */
export function activationModels(): ExportedModel[] {
  return [...activationKinds, 'softmax' as const].map((kind) => {
    const own = activation(kind === 'softmax' || isPlainActivation(kind) ? kind : ({ type: kind } as Activation));
    const eightfold = merge('add', ...Array.from({ length: 8 }, () => []));
    return { title: kind, m: model([5, 4, 3], [eightfold, own, conv2d(4, 2), own, flatten(), own, dense(3)]) };
  });
}

/** A convolution or pooling of any window, drawn by the seed: the same for the same seed. */
export function windowModel(seed: number): Model {
  const random = new Random(seed, 0x77696e64);
  const oneTo = (most: number) => 1 + random.below(most);
  const pair = (most: number) => [oneTo(most), oneTo(most)] as const;
  for (;;) {
    const input = [2 + random.below(8), 2 + random.below(8), 2 * oneTo(2)] as const;
    const sides = [random.below(3), random.below(3), random.below(3), random.below(3)] as const;
    const padding = (['same', 'valid', sides] as const)[random.below(3)] ?? 'same';
    const [kernel, window] = [pair(4), { padding, strides: pair(3) }];
    const [height, width] = kernel;
    // Every window of a pooling must hold an element.
    const inside = sides.map((side, i) => Math.min(side, (i < 2 ? height : width) - 1)) as unknown as typeof sides;
    const pooling = { ...window, padding: typeof padding === 'string' ? padding : inside };
    const options = { ...window, dilations: pair(2), bias: random.below(2) === 0 };
    const layers = [
      () => conv2d(4, kernel, { ...options, groups: oneTo(2) }),
      () => depthwiseConv2d(kernel, { ...options, multiplier: oneTo(2) }),
      () => conv2dTranspose(4, kernel, { ...options, groups: oneTo(2) }),
      () => maxPool2d(kernel, pooling),
      () => avgPool2d(kernel, pooling),
    ];
    try {
      return model(input, [(layers[random.below(layers.length)] as () => Layer)()]);
    } catch (error) {
      // A window that does not fit its input is drawn anew.
      if (!(error instanceof ShapeError)) throw error;
    }
  }
}

/** Weights for a model, running statistics among them, such that values neither vanish nor explode. */
export function drawnWeights(m: Model, seed: number): Weights {
  const random = new Random(seed, 0x776569);
  return new Map(
    parametersOf(m).map(({ name, shape, fanIn }) => {
      const role = name.replace(/^.*\//, '');
      const draw = () => {
        if (role === 'variance' || role === 'scale') return 0.5 + random.uniform();
        if (role === 'filter' || role === 'weights') return (2 * random.uniform() - 1) * Math.sqrt(4 / fanIn);
        return random.uniform() - 0.5;
      };
      return [name, { shape, data: Float32Array.from({ length: elements(shape) }, draw) }];
    }),
  );
}

/** Samples for a model [count, ...input], between -1 and 1. */
export function drawnInput(m: Model, count: number, seed: number) {
  const random = new Random(seed, 0x696e70);
  const shape = [count, ...m.input];
  return { shape, data: Float32Array.from({ length: elements(shape) }, () => 2 * random.uniform() - 1) };
}
