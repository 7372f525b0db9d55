import { Matrix } from 'ml-matrix';
import { type Dataset, quadrants, sine } from 'paredown/node';

/**
 * Random Fourier features of images (Rahimi and Recht, 2007): sqrt(2 / count) cos(w.x + b), w ~ N(0, 1 / sigma^2), b uniform
 * over a turn; their products approach the Gaussian kernel of width sigma. A seed's first features are the same whatever their
 * number. Returns a function that makes a row of features for each image.
 */
export function randomFeatures(options: {
  readonly pixels: number;
  readonly count: number;
  readonly sigma: number;
  readonly seed: number;
}): (images: Dataset) => Matrix {
  const { pixels, count, sigma, seed } = options;
  const frequencies = normalDeviates(count * pixels, seed);
  const phases = sine({ points: count, test: 1, seed }).train.x;
  const height = Math.sqrt(2 / count);
  return ({ x, size, scale, offset }) => {
    const features = new Matrix(size, count);
    const indices = new Uint32Array(pixels);
    const values = new Float64Array(pixels);
    for (let image = 0; image < size; image++) {
      // Four fifths of a digit's pixels are 0.
      let inked = 0;
      for (let pixel = 0; pixel < pixels; pixel++) {
        const value = (x[image * pixels + pixel] as number) * scale + offset;
        if (value === 0) continue;
        indices[inked] = pixel;
        values[inked++] = value / sigma;
      }
      for (let feature = 0; feature < count; feature++) {
        let sum = phases[feature] as number;
        for (let i = 0; i < inked; i++)
          sum += (values[i] as number) * (frequencies[feature * pixels + (indices[i] as number)] as number);
        features.set(image, feature, height * Math.cos(sum));
      }
    }
    return features;
  };
}

/** The coordinates of the library's drawn points, which are standard normal. */
function normalDeviates(count: number, seed: number): Dataset['x'] {
  const dimensions = 100;
  return quadrants({ points: Math.ceil(count / dimensions), test: 1, dimensions, seed }).train.x;
}

/** A row for each image, 1 in the column of its class and 0 elsewhere. */
export function oneHot({ y, size, classes = 0 }: Dataset): Matrix {
  const targets = Matrix.zeros(size, classes);
  y.forEach((label, image) => {
    targets.set(image, label, 1);
  });
  return targets;
}

/** Share of rows whose largest value is elsewhere than their target's. */
export function errorOf(output: Matrix, targets: Matrix): number {
  const wrong = Array.from({ length: output.rows }, (_, row) => output.maxRowIndex(row)[1] !== targets.maxRowIndex(row)[1]);
  return wrong.filter(Boolean).length / output.rows;
}

/** Squared distance from the targets, summed over the classes, the mean of the rows. */
export function squaredLoss(output: Matrix, targets: Matrix): number {
  return Matrix.sub(output, targets).norm('frobenius') ** 2 / output.rows;
}
