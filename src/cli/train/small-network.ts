import { activation, batchNorm, conv2d, dense, globalAvgPool2d, type Layer, type Model, maxPool2d, model } from 'paredown/node';

const MOST_FILTERS = 64;
/** Images with a longer shorter side are halved by the first convolution already. */
const LARGE = 64;
/** The shorter side that is halved no further. */
const SMALL = 8;

/**
 * A general network for images of any size: 3x3 convolutions of 16, 32 and then 64 filters, each normalised and, but for the last,
 * pooled by two, until the shorter side is below 8; then the mean of each channel and a dense layer. 24,058 parameters for 28 x 28
 * gray images of ten classes, 61,338 for 32 x 32 in colour.
 */
export function smallNetwork(input: readonly [height: number, width: number, channels: number], classes: number): Model {
  let side = Math.min(input[0], input[1]);
  const layers: Layer[] = [];
  for (let filters = 16; ; filters = Math.min(MOST_FILTERS, 2 * filters)) {
    const strides = layers.length === 0 && side > LARGE ? 2 : 1;
    layers.push(conv2d(filters, 3, { padding: 'same', bias: false, strides: [strides, strides] }));
    // A short training must come to running statistics of its own.
    layers.push(batchNorm({ momentum: 0.9 }), activation('relu'));
    side = Math.ceil(side / strides);
    if (side < SMALL) break;
    layers.push(maxPool2d(2));
    side = Math.floor(side / 2);
  }
  return model([...input], [...layers, globalAvgPool2d(), dense(classes)]);
}
