import {
  activation,
  avgPool2d,
  batchNorm,
  branch,
  conv2d,
  dense,
  dropout,
  flatten,
  globalAvgPool2d,
  type Model,
  maxPool2d,
  model,
  residual,
} from '../../src/node.ts';

/** The published baseline network (W1 of kernels.md), or the same layers with fewer channels. */
export function baseline(first = 32, second = 64, units = 1024): Model {
  return model(
    [28, 28, 1],
    [
      conv2d(first, 5, { padding: 'same', activation: 'relu' }),
      maxPool2d(2),
      conv2d(second, 5, { padding: 'same', activation: 'relu' }),
      maxPool2d(2),
      flatten(),
      dense(units, { activation: 'relu' }),
      dropout(0.5),
      dense(10),
    ],
  );
}

/** The published optimised network (W2 of kernels.md). */
export function optimised(units = 128): Model {
  return model(
    [28, 28, 1],
    [
      conv2d(2, 5, { padding: 'same', activation: 'relu' }),
      maxPool2d(4, { padding: 'same' }),
      flatten(),
      dense(units, { activation: 'relu' }),
      dense(10),
    ],
  );
}

/** Branches within branches, an identity path, residuals, batch normalisation and dropout in places where fusion and views meet. */
export function mixed(): Model {
  return model(
    [8, 8, 2],
    [
      conv2d(4, 3, { padding: 'same', bias: false }),
      batchNorm({ momentum: 0.9 }),
      activation('relu'),
      branch(
        [conv2d(3, 1, { activation: 'tanh' }), dropout(0.25)],
        [],
        [
          branch([conv2d(2, 3, { padding: 'same' })], [maxPool2d(3, { strides: 1, padding: 'same' }), conv2d(1, 1)]),
          activation('sigmoid'),
        ],
      ),
      residual(activation({ type: 'leakyRelu', slope: 0.2 })),
      maxPool2d(2),
      residual(conv2d(10, 3, { padding: 'same', activation: 'relu' }), batchNorm()),
      branch([globalAvgPool2d()], [avgPool2d([4, 2]), flatten()]),
      dropout(0.3),
      dense(5),
    ],
  );
}
