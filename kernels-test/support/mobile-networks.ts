import {
  type Activation,
  activation,
  batchNorm,
  conv2d,
  dense,
  depthwiseConv2d,
  dropout,
  gate,
  globalAvgPool2d,
  type Layer,
  type Model,
  model,
  residual,
} from '../../src/node.ts';

/** A 1x1 convolution, normalised. */
function pointwise(filters: number, kind?: Activation): Layer[] {
  return [conv2d(filters, 1, { bias: false }), batchNorm(), ...(kind ? [activation(kind)] : [])];
}

function stem(filters: number, kind: Activation): Layer[] {
  return [conv2d(filters, 3, { bias: false, strides: 2, padding: [1, 1, 1, 1] }), batchNorm(), activation(kind)];
}

interface Block {
  readonly kernel: number;
  readonly expanded: number;
  readonly filters: number;
  readonly strides: number;
  readonly kind: Activation;
  /** Width of the squeeze-and-excite between; none where absent. */
  readonly squeezed?: number;
}

/** The inverted residual of MobileNetV2, with the squeeze-and-excite of MobileNetV3 where it has one. */
function invertedResidual(channels: number, { kernel, expanded, filters, strides, kind, squeezed }: Block): Layer[] {
  const side = (kernel - 1) / 2;
  const excite = (width: number) =>
    gate(globalAvgPool2d(), dense(width, { activation: 'relu' }), dense(expanded, { activation: 'hardSigmoid' }));
  const layers = [
    ...(expanded === channels ? [] : pointwise(expanded, kind)),
    depthwiseConv2d(kernel, { bias: false, strides, padding: [side, side, side, side] }),
    batchNorm(),
    activation(kind),
    ...(squeezed === undefined ? [] : [excite(squeezed)]),
    ...pointwise(filters),
  ];
  return strides === 1 && channels === filters ? [residual(...layers)] : layers;
}

/** Blocks one after the other, the first of which has so many channels. */
function blocks(channels: number, list: readonly Block[]): Layer[] {
  const before = [channels, ...list.map(({ filters }) => filters)];
  return list.flatMap((block, index) => invertedResidual(before[index] ?? channels, block));
}

/**
 * M. Sandler et al., "MobileNetV2", CVPR 2018, table 2, as torchvision has it. `stages`: expansion, filters, blocks and the first stride.
 */
export function mobileNetV2(
  size: number,
  stages: readonly (readonly [number, number, number, number])[],
  [first, last]: readonly [number, number],
  classes: number,
): Model {
  let channels = first;
  const list = stages.flatMap(([expansion, filters, count, stride]) =>
    Array.from({ length: count }, (_, index): Block => {
      const expanded = channels * expansion;
      channels = filters;
      return { kernel: 3, expanded, filters, strides: index === 0 ? stride : 1, kind: 'relu6' };
    }),
  );
  const head = [...pointwise(last, 'relu6'), globalAvgPool2d(), dropout(0.2), dense(classes)];
  return model([size, size, 3], [...stem(first, 'relu6'), ...blocks(first, list), ...head]);
}

/** A. Howard et al., "Searching for MobileNetV3", ICCV 2019, table 2, as torchvision has it. */
export function mobileNetV3(
  size: number,
  list: readonly Block[],
  [first, last, hidden]: readonly [number, number, number],
  classes: number,
): Model {
  const head = [
    ...pointwise(last, 'hardSwish'),
    globalAvgPool2d(),
    dense(hidden, { activation: 'hardSwish' }),
    dropout(0.2),
    dense(classes),
  ];
  return model([size, size, 3], [...stem(first, 'hardSwish'), ...blocks(first, list), ...head]);
}

export const V2_STAGES: readonly (readonly [number, number, number, number])[] = [
  [1, 16, 1, 1],
  [6, 24, 2, 2],
  [6, 32, 3, 2],
  [6, 64, 4, 2],
  [6, 96, 3, 1],
  [6, 160, 3, 2],
  [6, 320, 1, 1],
];

/** The blocks of MobileNetV3-Small. */
export const V3_SMALL: readonly Block[] = (
  [
    [3, 16, 16, 2, 'relu', 8],
    [3, 72, 24, 2, 'relu'],
    [3, 88, 24, 1, 'relu'],
    [5, 96, 40, 2, 'hardSwish', 24],
    [5, 240, 40, 1, 'hardSwish', 64],
    [5, 240, 40, 1, 'hardSwish', 64],
    [5, 120, 48, 1, 'hardSwish', 32],
    [5, 144, 48, 1, 'hardSwish', 40],
    [5, 288, 96, 2, 'hardSwish', 72],
    [5, 576, 96, 1, 'hardSwish', 144],
    [5, 576, 96, 1, 'hardSwish', 144],
  ] as const
).map(([kernel, expanded, filters, strides, kind, squeezed]) => ({ kernel, expanded, filters, strides, kind, squeezed }));
