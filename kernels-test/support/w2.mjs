// The published optimised network (W2), trained for a few steps: the same program in Node, in a page and in a worker.

/**
 * The loss of each of the first 50 steps on `digits`, and what kind of adapter they ran on.
 * @param {typeof import('paredown')} paredown
 */
export async function trainW2({ adam, conv2d, dense, digits, flatten, maxPool2d, model, openGpu, trainer }) {
  const w2 = model(
    [28, 28, 1],
    [
      conv2d(2, 5, { padding: 'same', activation: 'relu' }),
      maxPool2d(4, { padding: 'same' }),
      flatten(),
      dense(128, { activation: 'relu' }),
      dense(10),
    ],
  );
  const gpu = await openGpu();
  try {
    const training = await trainer(gpu, w2, { batch: 50, optimizer: adam({ learningRate: 1e-4 }), seed: 7 });
    const { train } = digits({ train: 1000, test: 100, seed: 1 });
    const losses = [];
    for await (const { loss } of training.fit(train, { steps: 50, reportEvery: 1 })) losses.push(loss);
    await training.destroy();
    return { kind: gpu.info.kind, losses };
  } finally {
    await gpu.destroy();
  }
}
