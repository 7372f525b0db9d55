import { adam, adamW, type Optimizer, rmsprop, sgd } from 'paredown/node';

/** An optimizer's type as commands write it. */
export type OptimizerName = Lowercase<Optimizer['type']>;

interface CommandOptimizer {
  /** As pictures and texts say it. */
  readonly words: string;
  /** What it has beside the learning rate, as the help says it. */
  readonly choices?: string;
  readonly learningRate: number;
  /** With the small network, whose convolutions are normalised [the same]. */
  readonly smallNetworkRate?: number;
  make(learningRate: number): Optimizer;
}

/** Of Adam with the small network: 97.0% instead of 94.9% at 2e-3 after 3 epochs of digits. */
const ADAM_RATES = { learningRate: 1e-3, smallNetworkRate: 5e-3 };

const MOMENTUM = 0.9;

/** Every optimizer that there is. */
export const OPTIMIZERS: Readonly<Record<OptimizerName, CommandOptimizer>> = {
  adam: { words: 'Adam', ...ADAM_RATES, make: (learningRate) => adam({ learningRate }) },
  adamw: { words: 'AdamW', ...ADAM_RATES, make: (learningRate) => adamW({ learningRate }) },
  rmsprop: { words: 'RMSProp', learningRate: 1e-3, make: (learningRate) => rmsprop({ learningRate }) },
  sgd: {
    words: 'SGD with momentum',
    choices: `momentum ${MOMENTUM}`,
    learningRate: 0.05,
    make: (learningRate) => sgd({ learningRate, momentum: MOMENTUM }),
  },
};

export const optimizerNames = Object.keys(OPTIMIZERS) as readonly OptimizerName[];

/** `adam, adamw, rmsprop or sgd (momentum 0.9)` */
export function optimizersInHelp(): string {
  const names = optimizerNames.map((name) => {
    const { choices } = OPTIMIZERS[name];
    return choices === undefined ? name : `${name} (${choices})`;
  });
  return names.join(', ').replace(/, (?=[^,]*$)/, ' or ');
}

/** `adam 0.001, with the small network 0.005; ...` */
export function ratesInHelp(): string {
  return optimizerNames
    .map((name) => {
      const { learningRate, smallNetworkRate } = OPTIMIZERS[name];
      return `${name} ${learningRate}${smallNetworkRate === undefined ? '' : `, with the small network ${smallNetworkRate}`}`;
    })
    .join('; ');
}
