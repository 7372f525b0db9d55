import { elements, type Shape } from '../core/value.ts';
import type { Init, SimpleLayer } from './types.ts';

/** A tensor of a model: trained, or (running statistics) kept up to date beside the training. */
export interface Parameter {
  /** `<layer>/filter`, `/weights`, `/bias`, `/scale`, `/offset`, `/mean` or `/variance`. */
  readonly name: string;
  readonly shape: Shape;
  readonly init: Init;
  /** How many inputs each output element sums over, and how many outputs each input element reaches. */
  readonly fanIn: number;
  readonly fanOut: number;
  readonly trainable: boolean;
  readonly weightDecay: number;
}

/** The parameters of a layer named `name`. Filters are [KH,KW,C/groups,K], dense weights [IN,OUT], all others vectors. */
export function layerParameters(layer: SimpleLayer, name: string, input: Shape, output: Shape): Parameter[] {
  const channels = input.at(-1) ?? 1;
  switch (layer.type) {
    case 'conv2d':
    case 'depthwiseConv2d': {
      const groups = layer.type === 'conv2d' ? layer.groups : channels;
      const filters = output.at(-1) ?? 1;
      const [height, width] = layer.kernel;
      const area = height * width;
      const fans = { fanIn: (area * channels) / groups, fanOut: (area * filters) / groups };
      return weightsAndBias(layer, `${name}/filter`, `${name}/bias`, [height, width, channels / groups, filters], fans);
    }
    case 'dense': {
      const size = elements(input);
      const fans = { fanIn: size, fanOut: layer.units };
      return weightsAndBias(layer, `${name}/weights`, `${name}/bias`, [size, layer.units], fans);
    }
    case 'batchNorm': {
      const statistic = (role: string, value: number, trainable: boolean): Parameter => ({
        name: `${name}/${role}`,
        shape: [channels],
        init: value === 0 ? { type: 'zeros' } : { type: 'constant', value },
        fanIn: 1,
        fanOut: 1,
        trainable,
        weightDecay: 0,
      });
      return [
        statistic('scale', 1, true),
        statistic('offset', 0, true),
        statistic('mean', 0, false),
        statistic('variance', 1, false),
      ];
    }
    default:
      return [];
  }
}

function weightsAndBias(
  layer: { readonly bias: boolean; readonly init: Init; readonly biasInit: Init; readonly weightDecay: number },
  weights: string,
  bias: string,
  shape: Shape,
  fans: { readonly fanIn: number; readonly fanOut: number },
): Parameter[] {
  const { init, weightDecay } = layer;
  const first: Parameter = { name: weights, shape, init, ...fans, trainable: true, weightDecay };
  if (!layer.bias) return [first];
  return [first, { name: bias, shape: shape.slice(-1), init: layer.biasInit, ...fans, trainable: true, weightDecay: 0 }];
}
