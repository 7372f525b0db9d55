// The layers beside those of W1 and W2: windows of 3x3 and 1x1, depthwise; 28, 32 and 64 pixels; 1 to 256 channels; batches of
// 1, 50 and 256. The reference computes each of them on one thread, which bounds how large a layer may be.
import type { Activation } from '../../src/core/activation.ts';
import type { Shape } from '../../src/core/value.ts';
import type { OpName } from '../../src/ops/registry.ts';

export interface Layer {
  readonly op: OpName;
  readonly inputs: Readonly<Record<string, Shape>>;
  readonly attributes?: Readonly<Record<string, unknown>>;
  /** In the forward kernel's epilogue. */
  readonly activation?: Activation;
}

type Kind = 5 | 3 | 1 | 'depthwise';

function convolution(kind: Kind, batch: number, pixels: number, channels: number, outputs = channels): Layer {
  const window = kind === 'depthwise' ? 3 : kind;
  const groups = kind === 'depthwise' ? channels : 1;
  return {
    op: 'conv2d',
    inputs: {
      x: [batch, pixels, pixels, channels],
      filter: [window, window, channels / groups, outputs],
      bias: [outputs],
    },
    attributes: { padding: 'same', groups },
    activation: 'relu',
  };
}

export const convolutions: readonly Layer[] = [
  convolution(3, 50, 28, 1, 32),
  convolution(3, 50, 32, 3, 32),
  convolution(3, 50, 28, 10),
  convolution(3, 50, 28, 16),
  convolution(3, 1, 64, 64, 32),
  convolution(3, 1, 28, 128),
  convolution(3, 256, 28, 1, 8),
  convolution(1, 50, 28, 64, 16),
  convolution(1, 1, 64, 256, 64),
  convolution(1, 1, 32, 256),
  convolution(1, 256, 28, 5, 10),
  convolution('depthwise', 50, 28, 32),
  convolution('depthwise', 1, 64, 256),
  convolution('depthwise', 256, 28, 8),
];

/** Multiply-adds of the largest layer of the full product: its gradients take the reference about half a minute. */
const MOST_MULTIPLY_ADDS = 4e9;

/** The product of all sizes, without what would keep the reference busy for minutes. */
export function furtherConvolutions(): Layer[] {
  const known = new Set(convolutions.map((layer) => JSON.stringify(layer)));
  const kinds: readonly Kind[] = [3, 1, 'depthwise'];
  return kinds.flatMap((kind) =>
    [1, 50, 256].flatMap((batch) =>
      [28, 32, 64].flatMap((pixels) =>
        [1, 3, 8, 32, 64, 256].flatMap((channels) => {
          const taps = kind === 1 ? 1 : 9;
          const multiplyAdds = batch * pixels ** 2 * channels * taps * (kind === 'depthwise' ? 1 : channels);
          if (multiplyAdds > MOST_MULTIPLY_ADDS || (kind === 'depthwise' && channels === 1)) return [];
          const layer = convolution(kind, batch, pixels, channels);
          return known.has(JSON.stringify(layer)) ? [] : [layer];
        }),
      ),
    ),
  );
}

function dense(batch: number, inputs: number, outputs: number): Layer {
  return { op: 'dense', inputs: { x: [batch, inputs], weights: [inputs, outputs], bias: [outputs] }, activation: 'relu' };
}

function pool(op: 'maxPool2d' | 'avgPool2d', x: Shape, size: number, stride = size): Layer {
  return {
    op,
    inputs: { x },
    attributes: { size: [size, size], strides: [stride, stride], padding: stride < size ? 'same' : 'valid' },
  };
}

export const otherLayers: readonly Layer[] = [
  // Those of W1 and W2, which their plans may have in one kernel.
  ...[convolution(5, 50, 28, 1, 32), convolution(5, 50, 14, 32, 64), convolution(5, 50, 28, 1, 2)],
  ...[pool('maxPool2d', [50, 28, 28, 32], 2), pool('maxPool2d', [50, 14, 14, 64], 2), pool('maxPool2d', [50, 28, 28, 2], 4)],
  dense(1, 1024, 256),
  dense(50, 256, 256),
  dense(256, 784, 128),
  dense(256, 128, 10),
  pool('maxPool2d', [50, 28, 28, 64], 2),
  pool('maxPool2d', [50, 32, 32, 32], 3, 2),
  pool('maxPool2d', [256, 28, 28, 10], 4),
  pool('avgPool2d', [50, 32, 32, 32], 2),
  { op: 'globalAvgPool2d', inputs: { x: [50, 28, 28, 64] } },
  { op: 'add', inputs: { a: [50, 28, 28, 32], b: [50, 28, 28, 32] } },
  { op: 'multiply', inputs: { a: [50, 28, 28, 10], b: [50, 28, 28, 10] } },
  { op: 'leakyRelu', inputs: { x: [50, 28, 28, 32] }, attributes: { slope: 0.1 } },
  { op: 'sigmoid', inputs: { x: [50, 28, 28, 32] } },
  { op: 'batchNorm', inputs: { x: [50, 28, 28, 32], scale: [32], offset: [32] } },
  { op: 'batchNorm', inputs: { x: [256, 28, 28, 3], scale: [3], offset: [3] } },
  { op: 'layerNorm', inputs: { x: [50, 28, 28, 32], scale: [32], offset: [32] } },
  { op: 'layerNorm', inputs: { x: [256, 14, 14, 8], scale: [1], offset: [1] }, attributes: { axes: 'sample' } },
  { op: 'multiply', inputs: { a: [50, 28, 28, 32], b: [50, 1, 1, 32] } },
  { op: 'upsample2d', inputs: { x: [50, 14, 14, 32] }, attributes: { factor: 2 } },
  { op: 'transpose', inputs: { x: [50, 196, 4, 16] }, attributes: { permutation: [0, 1, 3, 2] } },
  { op: 'sum', inputs: { x: [50, 28, 28, 32] }, attributes: { axes: [1, 2] } },
  { op: 'gather', inputs: { x: [1000, 64], indices: [2048] } },
  { op: 'softmax', inputs: { x: [256, 1000] } },
  { op: 'softmaxCrossEntropy', inputs: { logits: [256, 10], labels: [256] } },
  { op: 'meanSquaredError', inputs: { prediction: [256, 100], target: [256, 100] } },
  { op: 'binaryCrossEntropy', inputs: { logits: [256, 1], labels: [256] } },
];
