import { Random } from '../../src/core/random.ts';
import { elements } from '../../src/core/value.ts';
import { parametersOf } from '../../src/model/resolve.ts';
import { branch, dense, flatten, type Layer, type LayerType, type Model, model, reshape, type Weights } from '../../src/node.ts';
import { type LayerCase, layerCases } from '../cases/layers.ts';

/** A network that every exporter and every runtime behind it is tried with. */
export interface ExportedModel {
  readonly title: string;
  readonly m: Model;
}

/** The cases of every layer type, each a network by itself. */
export function layerModels(): ExportedModel[] {
  return (Object.keys(layerCases) as LayerType[]).flatMap((type) =>
    layerCases[type].map(({ title, input, layers }) => ({ title: `${type} ${title}`, m: model(input, layers) })),
  );
}

/** A few of those cases, drawn by the seed, one behind the other, each beside its own input: the same for the same seed. */
export function composedModel(seed: number): Model {
  const random = new Random(seed, 0x6578706f);
  const cases = Object.values(layerCases).flat();
  const drawn = Array.from({ length: 2 + random.below(2) }, () => cases[random.below(cases.length)] as LayerCase);
  const vector = (shape: readonly number[]): Layer[] => (shape.length > 1 ? [flatten()] : []);
  const layers = drawn.flatMap(({ input, layers, output }, index): Layer[] => [
    ...(index > 0 ? [dense(elements(input)), ...(input.length > 1 ? [reshape(input as [number, number, number])] : [])] : []),
    branch([...layers, ...vector(output)], vector(input)),
  ]);
  return model(drawn[0]?.input ?? [1], [...layers, dense(4)]);
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
