import { describe, type Layer, type Model, parseModel } from 'paredown/node';

/** What is known of a network without training it. */
export interface Counts {
  readonly parameters: number;
  /** Parameters without biases. */
  readonly weights: number;
  /** Bytes of float32 activations, counted as the papers do: the input and all outputs that carry data. */
  readonly activationBytes: number;
  readonly macs: number;
  readonly modelHash: string;
}

export function counts(model: Model): Counts {
  const { parameters, activations, macs, hash } = describe(model);
  const bare = parseModel({ ...model, layers: model.layers.map(withoutBias) });
  return {
    parameters,
    weights: describe(bare).parameters,
    activationBytes: 4 * activations,
    macs,
    modelHash: hash,
  };
}

function withoutBias(layer: Layer): object {
  switch (layer.type) {
    case 'conv2d':
    case 'depthwiseConv2d':
    case 'dense': {
      const { biasInit: _, ...rest } = layer;
      return { ...rest, bias: false };
    }
    case 'branch':
      return { ...layer, paths: layer.paths.map((path) => path.map(withoutBias)) };
    case 'residual':
      return { ...layer, layers: layer.layers.map(withoutBias) };
    default:
      return layer;
  }
}
