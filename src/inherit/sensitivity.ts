import { layerList, type ResolvedLayer, resolve } from '../model/resolve.ts';
import type { Model } from '../model/types.ts';
import type { Weights } from '../model/weights.ts';
import { importanceIn } from './importance.ts';
import { kernelOf } from './kernel.ts';

/** How much the loss depends on each feature that a layer makes, by the layer's name; comparable between layers. */
export type Sensitivity = Readonly<Record<string, readonly number[]>>;

/** As many digits are kept as such an estimate is worth. */
const DIGITS = 4;

/**
 * The first-order effect on the loss of taking a filter away: the sum over its weights of (weight x gradient) squared (P. Molchanov et
 * al., "Importance estimation for neural network pruning", CVPR 2019), where `squares` are the running means of squared gradients that
 * Adam and RMSprop keep. Without them, by magnitude: each layer's importance as shares of it.
 */
export function sensitivityOf(m: Model, weights: Weights, squares: (name: string) => Float32Array | undefined): Sensitivity {
  const resolved = resolve(m);
  const magnitudes = importanceIn(resolved, weights).made;
  return Object.fromEntries(
    layerList(resolved).flatMap((layer) => {
      const magnitude = magnitudes.get(layer.name);
      if (!magnitude || layer.weightsOf !== layer.name) return [];
      const values = byGradients(layer, weights, squares) ?? shares(magnitude);
      return [[layer.name, values.map((value) => Number(value.toPrecision(DIGITS)))]];
    }),
  );
}

function byGradients(
  { layer, name, parameters }: ResolvedLayer,
  weights: Weights,
  squares: (name: string) => Float32Array | undefined,
): number[] | undefined {
  const sums: number[] = [];
  for (const parameter of parameters) {
    const [value, square] = [weights.get(parameter.name), squares(parameter.name)];
    if (!value || !square) return undefined;
    const isBias = parameter.name === `${name}/bias`;
    const { outputs, inputs, height, width, index } = isBias
      ? kernelOf([1, value.data.length])
      : kernelOf(value.shape, layer.type === 'conv2dTranspose');
    for (let output = 0; output < outputs; output++)
      for (let row = 0; row < height; row++)
        for (let column = 0; column < width; column++)
          for (let input = 0; input < inputs; input++) {
            const at = index(row, column, input, output);
            sums[output] = (sums[output] ?? 0) + (value.data[at] ?? 0) ** 2 * (square[at] ?? 0);
          }
  }
  return sums;
}

function shares(values: readonly number[]): number[] {
  const total = values.reduce((sum, value) => sum + value, 0);
  return values.map((value) => (total > 0 ? value / total : 0));
}
