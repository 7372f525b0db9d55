import { conv2d, dense, dropout, flatten, maxPool2d, model } from 'paredown/node';

/**
 * The published baseline: A. Dhingra, "Model Complexity-Accuracy Trade-off for a Convolutional Neural Network", Table I, which
 * is the network of TensorFlow's tutorial "Deep MNIST for experts". Its initial weights are the library's: He's for the
 * convolutions, Glorot's for the dense layers, biases at zero.
 */
export function baselineNetwork() {
  return model(
    [28, 28, 1],
    [
      conv2d(32, 5, { padding: 'same', activation: 'relu' }),
      maxPool2d(2),
      conv2d(64, 5, { padding: 'same', activation: 'relu' }),
      maxPool2d(2),
      flatten(),
      dense(1024, { activation: 'relu' }),
      dropout(0.5),
      dense(10),
    ],
  );
}

/** What the paper reports for it. */
export const PUBLISHED = {
  source: 'A. Dhingra, Table I',
  data: 'mnist',
  accuracy: 0.9929,
  steps: 20_000,
  batch: 50,
  wallMs: 165_000,
  adapter: 'Titan X',
} as const;
