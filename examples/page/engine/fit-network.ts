import { avgPool2d, conv2d, dense, flatten, type Layer, type Model, model } from 'paredown';

type Input = Model['input'];

/** Layers behind which the number of channels is still that of the layer before. */
const KEEPS_CHANNELS = new Set([
  'activation',
  'batchNorm',
  'layerNorm',
  'dropout',
  'prelu',
  'flatten',
  'globalAvgPool2d',
  'globalMaxPool2d',
]);

/** Trains within a minute on anything, and has something to be pared. */
export function defaultNetwork(input: Input, classes: number): Model {
  const head = [flatten(), dense(classes)];
  const relu = { activation: 'relu' } as const;
  try {
    return model(input, [conv2d(8, 5, relu), avgPool2d(2), conv2d(16, 5, relu), avgPool2d(2), ...head]);
  } catch {
    // Images too small for its windows.
    return model(input, [flatten(), dense(32, relu), dense(classes)]);
  }
}

/** A network with as many outputs as there are classes, on another input. Throws an Error that says why it does not fit. */
export function fitNetwork(layers: readonly Layer[], input: Input, classes: number): Model {
  return model(input, withOutputs(layers, classes));
}

function withOutputs(layers: readonly Layer[], classes: number): Layer[] {
  const at = layers.findLastIndex(({ type }) => !KEEPS_CHANNELS.has(type));
  const last = layers[at];
  if (last?.type === 'dense') return layers.with(at, { ...last, units: classes });
  if (last?.type === 'conv2d') return layers.with(at, { ...last, filters: classes });
  throw new Error('its outputs come of a layer whose number of outputs cannot be changed by itself');
}
