// What a classifier says of one image: the same program in Node, in a page and in a worker.

/**
 * The classes of pixels [12, 20, 4], opaque, and of what `draw` makes of them.
 * @param {typeof import('paredown')} paredown
 * @param {(pixels: { width: number, height: number, data: Uint8ClampedArray<ArrayBuffer> }) => Promise<import('paredown').ClassifierImage[]>} draw
 */
export async function classifyDrawn({ classifier, conv2d, dense, flatten, model, openGpu }, draw) {
  const network = model([7, 9, 3], [conv2d(4, 3, { activation: 'relu' }), flatten(), dense(3)]);
  const shapes = { 'conv2d_1/filter': [3, 3, 3, 4], 'conv2d_1/bias': [4], 'dense_1/weights': [140, 3], 'dense_1/bias': [3] };
  const weights = new Map(
    Object.entries(shapes).map(([name, shape]) => {
      const length = shape.reduce((product, size) => product * size, 1);
      return [name, { shape, data: Float32Array.from({ length }, (_, i) => (((i * 37) % 11) - 5) / 20) }];
    }),
  );
  const classNames = ['bird', 'cat', 'dog'];
  const input = { shape: network.input, scale: 1 / 255, offset: 0, classNames };
  const [width, height] = [20, 12];
  const data = Uint8ClampedArray.from({ length: width * height * 4 }, (_, i) => (i % 4 === 3 ? 255 : (i * i * 7 + 13 * i) % 256));
  const gpu = await openGpu();
  try {
    const made = await classifier(gpu, { model: network, weights, input });
    const pixels = { width, height, data };
    const answers = await made.classify([pixels, ...(await draw(pixels))]);
    await made.destroy();
    return answers;
  } finally {
    await gpu.destroy();
  }
}
