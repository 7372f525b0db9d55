import type { Example } from './example.ts';

const ln3 = Math.log(3);

/** Losses worked out by hand. */
export const lossExamples: readonly Example[] = [
  {
    op: 'softmaxCrossEntropy',
    says: 'is the mean over the rows',
    inputs: {
      logits: [
        [0, ln3],
        [0, 0],
      ],
      labels: [1, 0],
    },
    output: (-Math.log(0.75) - Math.log(0.5)) / 2,
    outputGradient: 8,
    gradients: {
      logits: [
        [1, -1],
        [-2, 2],
      ],
    },
  },
  {
    op: 'softmaxCrossEntropy',
    says: 'has no gradient where the smoothed target is met',
    inputs: { logits: [[0, Math.fround(ln3)]], labels: [1] },
    attributes: { labelSmoothing: 0.5 },
    output: Math.log(4) - 0.75 * ln3,
  },
  {
    op: 'meanSquaredError',
    says: 'is the mean over all elements',
    inputs: { prediction: [1, 2], target: [0, 4] },
    output: 2.5,
    outputGradient: 1,
    gradients: { prediction: [1, -2], target: [-1, 2] },
  },
  {
    op: 'softmaxCrossEntropy',
    says: 'is the sum over the rows where the reduction says so',
    inputs: {
      logits: [
        [0, ln3],
        [0, 0],
      ],
      labels: [1, 0],
    },
    attributes: { reduction: 'sum' },
    output: -Math.log(0.75) - Math.log(0.5),
    outputGradient: 4,
    gradients: {
      logits: [
        [1, -1],
        [-2, 2],
      ],
    },
  },
  {
    op: 'meanSquaredError',
    says: "is the sum of each sample's mean where the reduction says so",
    inputs: {
      prediction: [
        [1, 2],
        [3, 3],
      ],
      target: [
        [0, 4],
        [3, 1],
      ],
    },
    attributes: { reduction: 'sum' },
    output: 4.5,
    outputGradient: 1,
    gradients: {
      prediction: [
        [1, -2],
        [0, 2],
      ],
      target: [
        [-1, 2],
        [0, -2],
      ],
    },
  },
  {
    op: 'binaryCrossEntropy',
    says: 'is the mean of -log sigmoid for label 1 and -log(1 - sigmoid) for label 0',
    inputs: { logits: [[ln3], [ln3], [0]], labels: [1, 0, 1] },
    output: (-Math.log(0.75) - Math.log(0.25) - Math.log(0.5)) / 3,
    outputGradient: 12,
    gradients: { logits: [[-1], [3], [-2]] },
  },
  {
    op: 'binaryCrossEntropy',
    says: 'is their sum where the reduction says so, and grows with the logit where that is far from the label',
    inputs: { logits: [500, -500], labels: [0, 0] },
    attributes: { reduction: 'sum' },
    output: 500,
    outputGradient: 2,
    gradients: { logits: [2, 0] },
  },
  {
    op: 'softmaxCrossEntropy',
    says: 'is that of each row where there is no reduction',
    inputs: {
      logits: [
        [0, ln3],
        [0, 0],
      ],
      labels: [1, 0],
    },
    attributes: { reduction: 'none' },
    output: [-Math.log(0.75), -Math.log(0.5)],
    outputGradient: [4, 2],
    gradients: {
      logits: [
        [1, -1],
        [-1, 1],
      ],
    },
  },
  {
    op: 'meanSquaredError',
    says: 'is the mean of each sample where there is no reduction',
    inputs: {
      prediction: [
        [1, 2],
        [0, 4],
      ],
      target: [
        [0, 4],
        [0, 0],
      ],
    },
    attributes: { reduction: 'none' },
    output: [2.5, 8],
    outputGradient: [1, 2],
    gradients: {
      prediction: [
        [1, -2],
        [0, 8],
      ],
      target: [
        [-1, 2],
        [0, -8],
      ],
    },
  },
  {
    op: 'binaryCrossEntropy',
    says: 'is that of each sample where there is no reduction',
    inputs: { logits: [0, 0], labels: [1, 0] },
    attributes: { reduction: 'none' },
    output: [Math.LN2, Math.LN2],
    outputGradient: [2, 4],
    gradients: { logits: [-1, 2] },
  },
];
