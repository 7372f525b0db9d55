import { exportGraph } from '../deploy/graph.ts';
import type { ExportGraph } from '../deploy/operations.ts';
import { parametersOf } from '../model/resolve.ts';
import type { Model } from '../model/types.ts';
import { linearOf } from '../quantize/to-integers.ts';
import { isQuantizedTensor, type QuantizedModel } from '../quantize/types.ts';

/** What of a network in integers is no model. */
export type Integers = Pick<QuantizedModel, 'weights' | 'bits' | 'activations'>;

/** The scales that the bias of a layer has as a rule: that of the layer's input times those of its weights. */
export function biasScales(graph: ExportGraph, name: string, { weights, activations }: Integers): Float32Array | undefined {
  for (const operation of graph.operations) {
    const linear = linearOf(operation);
    if (!linear?.bias || linear.bias.name !== name) continue;
    const [own, input] = [weights.get(linear.weights.name), activations.get(linear.x.name)];
    if (!own || !isQuantizedTensor(own) || !input) return undefined;
    const { scales } = own;
    return Float32Array.from({ length: linear.bias.shape[0] ?? 0 }, (_, k) => (scales[k % scales.length] ?? 1) * input.scale);
  }
  return undefined;
}

/** What a model does, whatever its weights. */
export function graphOf(model: Model): ExportGraph {
  const zeros = parametersOf(model).map(({ name, shape }) => {
    const count = shape.reduce((product, size) => product * size, 1);
    return [name, { shape, data: new Float32Array(count) }] as const;
  });
  return exportGraph(model, new Map(zeros));
}
