import type { Activation } from '../../src/core/activation.ts';
import type { Padding, Pair } from '../../src/core/geometry.ts';
import { Random } from '../../src/core/random.ts';
import type { Case } from './case.ts';
import { concatenation } from './elementwise.ts';
import { convolution, denseCase, everyActivation } from './linear.ts';
import { binaryEntropy, crossEntropy } from './losses.ts';
import { batchNormalisation, dropoutCase } from './normalisation.ts';
import { averagePooling, maxPooling, tiedMaxPooling } from './pooling.ts';

const ACTIVATIONS: readonly (Activation | undefined)[] = [undefined, 'softmax', ...everyActivation];

/** `count` valid cases of random shapes and attributes, half of them convolutions: the same for the same seed. */
export function randomCases(seed: number, count: number): Case[] {
  const draw = new Draw(new Random(seed, 0));
  const makers = [
    randomConvolution,
    randomPooling,
    randomConvolution,
    randomDense,
    randomConvolution,
    randomPooling,
    randomConvolution,
    randomOther,
  ];
  const cases: Case[] = [];
  for (let i = 0; i < count; i++) {
    const drawn = makers[i % makers.length]?.(draw);
    if (drawn) cases.push({ ...drawn, name: `${drawn.name} (random ${i} of seed ${seed})` });
  }
  return cases;
}

class Draw {
  constructor(readonly random: Random) {}

  /** An integer from `least` to `most`. */
  integer(least: number, most: number): number {
    return least + this.random.below(most - least + 1);
  }

  oneOf<T>(choices: readonly T[]): T {
    return choices[this.random.below(choices.length)] as T;
  }

  pair(least: number, most: number): Pair {
    return [this.integer(least, most), this.integer(least, most)];
  }

  /** A batch small enough to keep a case of `work` multiply-accumulates a sample below two million. */
  batch(work: number): number {
    return Math.max(1, Math.min(this.oneOf([1, 2, 3, 5, 50]), Math.floor(2e6 / work)));
  }
}

function randomConvolution(draw: Draw): Case {
  const groups = draw.oneOf([1, 1, 1, 2, 3, 5]);
  const channels = groups * draw.oneOf([1, 1, 2, 3, 4, 7]);
  const outputs = groups * draw.oneOf([1, 2, 3, 4, 5, 8, 12]);
  const window = draw.pair(1, 5);
  const dilations = draw.oneOf<Pair>([[1, 1], [1, 1], draw.pair(1, 3)]);
  const padding = draw.oneOf<Padding>([
    'same',
    'valid',
    [draw.integer(0, 3), draw.integer(0, 3), draw.integer(0, 3), draw.integer(0, 3)],
  ]);
  const least = (axis: 0 | 1) => (padding === 'same' ? 1 : (window[axis] - 1) * dilations[axis] + 1);
  const height = least(0) + draw.integer(0, 12);
  const width = least(1) + draw.integer(0, 12);
  const work = height * width * window[0] * window[1] * (channels / groups) * outputs;
  return convolution({
    x: [draw.batch(work), height, width, channels],
    window,
    outputs,
    groups,
    strides: draw.oneOf<Pair>([[1, 1], draw.pair(1, 4)]),
    padding,
    dilations,
    activation: draw.oneOf(ACTIVATIONS),
    bias: draw.oneOf([true, false]),
  });
}

function randomPooling(draw: Draw): Case {
  const size = draw.pair(1, 5);
  const below = (bound: number) => draw.random.below(bound);
  const explicit: Padding = [below(size[0]), below(size[0]), below(size[1]), below(size[1])];
  const height = size[0] + draw.integer(0, 12);
  const width = size[1] + draw.integer(0, 12);
  const channels = draw.oneOf([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 32]);
  return draw.oneOf([maxPooling, tiedMaxPooling, averagePooling])({
    x: [draw.batch(height * width * channels * size[0] * size[1]), height, width, channels],
    size,
    strides: draw.oneOf<Pair | undefined>([undefined, draw.pair(1, 6)]),
    padding: draw.oneOf<Padding>(['same', 'valid', explicit]),
  });
}

function randomDense(draw: Draw): Case {
  return denseCase({
    batch: draw.oneOf([1, 2, 7, 50, 65]),
    inputs: draw.integer(1, 150),
    outputs: draw.integer(1, 80),
    activation: draw.oneOf(ACTIVATIONS),
    bias: draw.oneOf([true, false]),
  });
}

function randomOther(draw: Draw): Case {
  const image = [draw.integer(1, 5), draw.integer(1, 9), draw.integer(1, 9)];
  return draw.oneOf([
    () =>
      concatenation(
        image,
        Array.from({ length: draw.integer(2, 5) }, () => draw.integer(1, 12)),
      ),
    () => batchNormalisation([...image, draw.integer(1, 20)], draw.oneOf(['batch', 'given'])),
    () => dropoutCase([...image, draw.integer(1, 20)], draw.random.uniform(), draw.random.uint32(), draw.integer(0, 20_000)),
    () => crossEntropy({ batch: draw.integer(1, 60), classes: draw.integer(1, 40), labelSmoothing: draw.random.uniform() / 2 }),
    () => binaryEntropy({ shape: [draw.integer(1, 60), 1], reduction: draw.oneOf(['mean', 'sum']) }),
  ])();
}
