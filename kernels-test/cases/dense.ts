import type { Activation } from '../../src/core/activation.ts';
import type { CaseTable } from './case.ts';
import { type DenseSpec, denseCase, everyActivation } from './linear.ts';

const SIZES = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 32, 64, 33, 100];
const leakyRelu = { type: 'leakyRelu', slope: 0.1 } as const;
const ACTIVATIONS: readonly (Activation | undefined)[] = ['relu', undefined, 'softmax', 'tanh', leakyRelu, 'sigmoid'];

const essential: readonly DenseSpec[] = [
  { batch: 50, inputs: 98, outputs: 128, activation: 'relu', bias: true },
  { batch: 3, inputs: 7, outputs: 10, activation: 'softmax', bias: true },
  { batch: 1, inputs: 64, outputs: 5 },
  { batch: 3, inputs: 33, outputs: 9, activation: leakyRelu },
];

/** Each size once as input and once as output; batch, activation and bias cycle with periods that share no factor with it. */
function sizeSweep(factor: number, shift: number): DenseSpec[] {
  return SIZES.map((inputs, i) => ({
    batch: [50, 1, 3][(i + shift) % 3] ?? 1,
    inputs,
    outputs: SIZES[(i * factor + shift) % SIZES.length] ?? 1,
    activation: ACTIVATIONS[(i + shift) % ACTIVATIONS.length],
    bias: (i + Math.floor(i / 6)) % 2 === 0,
  }));
}

const particular: readonly DenseSpec[] = [
  { batch: 1, inputs: 1, outputs: 1, bias: true },
  { batch: 50, inputs: 128, outputs: 10, bias: true },
  { batch: 50, inputs: 1024, outputs: 10, activation: 'relu', bias: true },
  { batch: 3, inputs: 3136, outputs: 33, activation: 'relu', bias: true },
  { batch: 128, inputs: 17, outputs: 65, activation: 'tanh', bias: true },
  { batch: 257, inputs: 5, outputs: 3 },
  { batch: 3, inputs: 12, outputs: 11, activation: { type: 'leakyRelu', slope: 0.5 }, bias: true },
  ...everyActivation.map((activation) => ({ batch: 5, inputs: 12, outputs: 9, activation, bias: true })),
];

export const denseCases = (): CaseTable => ({
  essential: essential.map(denseCase),
  further: [...sizeSweep(5, 3), ...sizeSweep(9, 11).filter((_, i) => i % 2 === 1), ...particular].map(denseCase),
});
