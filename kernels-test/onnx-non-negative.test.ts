import { expect, test } from 'vitest';
import { type IrNode, layerNode } from '../src/import/onnx/ir.ts';
import { isNonNegative } from '../src/import/onnx/non-negative.ts';
import { isContainer } from '../src/model/layers/registry.ts';
import type { SimpleLayer } from '../src/model/layers/simple.ts';
import { layerList, resolve } from '../src/model/resolve.ts';
import type { InputShape } from '../src/model/types.ts';
import { flatten, type Layer, model, type Value } from '../src/node.ts';
import { activationModels, drawnInput, drawnWeights, layerModels } from './support/exported-models.ts';
import { runReference } from './support/onnx-judge.ts';

const relu: SimpleLayer = { type: 'activation', activation: 'relu' };

/** What the importer says of these layers, one behind the other. */
function told(input: InputShape, layers: readonly SimpleLayer[]): boolean {
  const start: IrNode = { step: { kind: 'input' }, inputs: [], shape: input, where: 'input' };
  return isNonNegative(layers.reduce((node, layer) => layerNode('layer', node, () => layer), start));
}

/** The least element that a layer makes of these samples. */
function least(layer: Layer, x: Value): number {
  const m = model(x.shape.slice(1) as unknown as InputShape, [layer]);
  return runReference(m, drawnWeights(m, 1), x).data.reduce((lowest, value) => Math.min(lowest, value));
}

/** Each layer of the cases that stands alone and is told to make nothing below 0 of what is not, with the shape of its input. */
const keeping = layerModels().flatMap(({ title, m }) =>
  layerList(resolve(m)).flatMap(({ layer, inputShape }) => {
    const [input, simple] = [inputShape as InputShape, layer as SimpleLayer];
    if (isContainer(layer) || layer.type === 'tap' || layer.type === 'join' || !told(input, [relu, simple])) return [];
    return [{ title: `${layer.type} of ${title}`, layer, input }];
  }),
);

test.each(activationModels())('whether $title is ever negative is told', ({ m }) => {
  const own = m.layers.find(({ type }) => type === 'activation') as SimpleLayer;
  const x = { shape: [1, 129], data: Float32Array.from({ length: 129 }, (_, i) => (i - 64) / 8) };
  expect(told([129], [own])).toBe(least(own, x) >= 0);
});

test.each(keeping)('nothing below 0 comes of what is not: $title', ({ layer, input }) => {
  const { shape, data } = drawnInput(model(input, [flatten()]), 3, 1);
  expect(least(layer, { shape, data: data.map(Math.abs) })).toBeGreaterThanOrEqual(0);
});
