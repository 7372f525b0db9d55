import {
  activation,
  avgPool2d,
  batchNorm,
  branch,
  channelShuffle,
  conv2d,
  conv2dTranspose,
  dense,
  depthwiseConv2d,
  dropout,
  flatten,
  globalAvgPool2d,
  join,
  type Layer,
  layerNorm,
  type Model,
  maxPool2d,
  model,
  residual,
  tap,
} from '../../src/node.ts';

const SAME = { padding: 'same' } as const;
const BARE = { ...SAME, bias: false } as const;
const RELU = { activation: 'relu' } as const;
const relu = () => activation('relu');

/** C. Banbury et al., "MLPerf Tiny Benchmark", 2021: image classification. https://github.com/mlcommons/tiny */
export function resNet8(): Model {
  const body = (filters: number, strides: number): Layer[] => [
    conv2d(filters, 3, { ...SAME, strides }),
    batchNorm(),
    relu(),
    conv2d(filters, 3, SAME),
    batchNorm(),
  ];
  const projected = (filters: number) => residual({ shortcut: [conv2d(filters, 1, { strides: 2 })] }, ...body(filters, 2));
  return model(
    [32, 32, 3],
    [
      conv2d(16, 3, SAME),
      batchNorm(),
      relu(),
      residual(...body(16, 1)),
      relu(),
      projected(32),
      relu(),
      projected(64),
      relu(),
      avgPool2d(8),
      flatten(),
      dense(10),
    ],
  );
}

/** K. He et al., "Deep residual learning for image recognition", CVPR 2016, section 4.2, with 1x1 convolutions as shortcuts (option B). */
export function resNet20(): Model {
  const body = (filters: number, strides: number): Layer[] => [
    conv2d(filters, 3, { ...BARE, strides }),
    batchNorm(),
    relu(),
    conv2d(filters, 3, BARE),
    batchNorm(),
  ];
  const block = (filters: number) => [residual(...body(filters, 1)), relu()];
  const halved = (filters: number) => [
    residual({ shortcut: [conv2d(filters, 1, { bias: false, strides: 2 }), batchNorm()] }, ...body(filters, 2)),
    relu(),
  ];
  const stage = (filters: number) => [...halved(filters), ...block(filters), ...block(filters)];
  const first = [...block(16), ...block(16), ...block(16)];
  const stem = [conv2d(16, 3, BARE), batchNorm(), relu()];
  return model([32, 32, 3], [...stem, ...first, ...stage(32), ...stage(64), globalAvgPool2d(), dense(10)]);
}

/** The convolutional autoencoder of Keras' examples. https://keras.io/examples/vision/autoencoder */
export function autoencoder(): Model {
  const up = () => conv2dTranspose(32, 3, { ...SAME, ...RELU, strides: 2 });
  const down = () => [conv2d(32, 3, { ...SAME, ...RELU }), maxPool2d(2)];
  return model([28, 28, 1], [...down(), ...down(), up(), up(), conv2d(1, 3, { ...SAME, activation: 'sigmoid' })]);
}

/**
 * O. Ronneberger et al., "U-Net", MICCAI 2015, as M. Buda's of 32 features has it, with batch normalisation.
 * https://github.com/mateuszbuda/brain-segmentation-pytorch
 */
export function uNet({ size, features, levels }: { size: number; features: number; levels: number }): Model {
  const block = (filters: number) => [1, 2].flatMap(() => [conv2d(filters, 3, BARE), batchNorm(), relu()]);
  const level = (depth: number): Layer[] => {
    const filters = features * 2 ** depth;
    if (depth === levels) return block(filters);
    const skip = `level ${depth}`;
    const up = conv2dTranspose(filters, 2, { strides: 2 });
    return [...block(filters), tap(skip), maxPool2d(2), ...level(depth + 1), up, join(skip), ...block(filters)];
  };
  return model([size, size, 3], [...level(0), conv2d(1, 1, { activation: 'sigmoid' })]);
}

/** A. Gholami et al., "SqueezeNext", 2018. */
function squeezeNextUnit(channels: number, filters: number, strides: number): Layer[] {
  const step = (width: number, kernel: [number, number], step = 1): Layer[] => [
    conv2d(width, kernel, { ...SAME, strides: step }),
    batchNorm(),
    relu(),
  ];
  const reduction = strides === 2 ? 1 : channels > filters ? 4 : 2;
  const [half, quarter] = [Math.floor(channels / reduction), Math.floor(channels / (2 * reduction))];
  const body = [
    ...step(half, [1, 1], strides),
    ...step(quarter, [1, 1]),
    ...step(half, [1, 3]),
    ...step(half, [3, 1]),
    ...step(filters, [1, 1]),
  ];
  const resized = strides === 2 || channels > filters;
  return [resized ? residual({ shortcut: step(filters, [1, 1], strides) }, ...body) : residual(...body), relu()];
}

/** The blocks of SqueezeNext: `units` of them at each of the widths, and what stands before and behind. */
export function squeezeNext(
  size: number,
  first: number,
  units: readonly number[],
  widths: readonly number[],
  [last, classes]: readonly [number, number],
): Model {
  let channels = first;
  const body = widths.flatMap((filters, stage) =>
    Array.from({ length: units[stage] ?? 1 }, (_, unit) => {
      const made = squeezeNextUnit(channels, filters, stage > 0 && unit === 0 ? 2 : 1);
      channels = filters;
      return made;
    }).flat(),
  );
  const stem = [conv2d(first, 7, { strides: 2, padding: [1, 1, 1, 1] }), batchNorm(), relu()];
  // The pool's last window may hang over, as Caffe has it.
  const pool = maxPool2d(3, { strides: 2, padding: [0, 1, 0, 1] });
  return model(
    [size, size, 3],
    [...stem, pool, ...body, conv2d(last, 1), batchNorm(), relu(), globalAvgPool2d(), dense(classes)],
  );
}

/** X. Zhang et al., "ShuffleNet", CVPR 2018, figure 2: the unit, or with stride 2 the one that halves the image. */
function shuffleUnit(channels: number, filters: number, groups: number, first: boolean): Layer[] {
  const halves = channels !== filters;
  const middle = filters / 4;
  const made = halves ? filters - channels : filters;
  const body = [
    conv2d(middle, 1, { bias: false, groups: first ? 1 : groups }),
    batchNorm(),
    relu(),
    channelShuffle(groups),
    depthwiseConv2d(3, { bias: false, strides: halves ? 2 : 1, padding: [1, 1, 1, 1] }),
    batchNorm(),
    conv2d(made, 1, { bias: false, groups }),
    batchNorm(),
  ];
  const shortcut = avgPool2d(3, { strides: 2, padding: [1, 1, 1, 1] });
  return [halves ? branch(body, [shortcut]) : residual(...body), relu()];
}

export function shuffleNet(
  size: number,
  groups: number,
  units: readonly number[],
  widths: readonly number[],
  classes: number,
): Model {
  let channels = 24;
  const body = widths.flatMap((filters, stage) =>
    Array.from({ length: units[stage] ?? 1 }, (_, unit) => {
      const made = shuffleUnit(channels, filters, groups, stage === 0 && unit === 0);
      channels = filters;
      return made;
    }).flat(),
  );
  const stem = [conv2d(24, 3, { bias: false, strides: 2, padding: [1, 1, 1, 1] }), batchNorm(), relu()];
  const pool = maxPool2d(3, { strides: 2, padding: [1, 1, 1, 1] });
  return model([size, size, 3], [...stem, pool, ...body, globalAvgPool2d(), dense(classes)]);
}

/**
 * R. Grimov's 1,936 parameters: one separable convolution three times, each time with a normalisation of its own.
 * https://github.com/ruslangrimov/mnist-minimal-model
 */
export function minimalMnist(): Model {
  const normalised = () => [layerNorm({ axes: 'sample', scalar: true }), dropout(0.1)];
  const separable = (filters: number, options: { padding?: 'same'; shared?: string }, shared = options.shared) => [
    depthwiseConv2d(3, { ...options, bias: false, ...(shared && { shared: `${shared}, depthwise` }) }),
    conv2d(filters, 1, { ...RELU, ...(shared && { shared: `${shared}, pointwise` }) }),
  ];
  const again = () => [...separable(26, { padding: 'same', shared: 'again' }), ...normalised()];
  return model(
    [28, 28, 1],
    [
      conv2d(8, 3, RELU),
      layerNorm({ axes: 'sample', scalar: true }),
      maxPool2d(2),
      dropout(0.1),
      ...separable(26, {}),
      ...normalised(),
      ...again(),
      ...again(),
      ...again(),
      globalAvgPool2d(),
      dense(16, RELU),
      ...normalised(),
      dense(10),
    ],
  );
}
