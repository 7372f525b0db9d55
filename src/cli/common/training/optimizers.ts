import { InvalidArgumentError } from 'commander';
import { adam, adamW, type Optimizer, OptionError, rmsprop, sgd, type TrainingSetup } from 'paredown/node';
import { oneOf } from '../arguments.ts';

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
  /** Throws an OptionError for a choice that it has not. */
  make(learningRate: number, choices?: Choices): Optimizer;
}

/** What an optimizer has beside the learning rate, by name. */
type Choices = Readonly<Record<string, number | boolean | string>>;

/** Of Adam with the small network: 97.0% instead of 94.9% at 2e-3 after 3 epochs of digits. */
const ADAM_RATES = { learningRate: 1e-3, smallNetworkRate: 5e-3 };

const MOMENTUM = 0.9;

/** Every optimizer that there is. */
export const OPTIMIZERS: Readonly<Record<OptimizerName, CommandOptimizer>> = {
  adam: { words: 'Adam', ...ADAM_RATES, make: (learningRate, choices) => adam({ learningRate, ...choices }) },
  adamw: { words: 'AdamW', ...ADAM_RATES, make: (learningRate, choices) => adamW({ learningRate, ...choices }) },
  rmsprop: { words: 'RMSProp', learningRate: 1e-3, make: (learningRate, choices) => rmsprop({ learningRate, ...choices }) },
  sgd: {
    words: 'SGD with momentum',
    choices: `momentum ${MOMENTUM}`,
    learningRate: 0.05,
    make: (learningRate, choices) => sgd({ learningRate, momentum: MOMENTUM, ...choices }),
  },
};

export const optimizerNames = Object.keys(OPTIMIZERS) as readonly OptimizerName[];

/** An optimizer as it is typed and kept: `sgd`, or with choices, `sgd,nesterov=true`. */
export type OptimizerText = string;

/** For commander. */
export function optimizer(text: string): OptimizerText {
  try {
    optimizerOf(text, 1);
  } catch (error) {
    if (error instanceof OptionError) throw new InvalidArgumentError(`${error.message}.`);
    throw error;
  }
  return text;
}

/** Throws an InvalidArgumentError or OptionError for a text that is none. */
export function optimizerOf(text: OptimizerText, learningRate: number): Optimizer {
  const [, ...choices] = text.split(',');
  const entries = choices.map((choice) => {
    const [, key = '', value = ''] = /^(\w+)=(\S+)$/.exec(choice) ?? [];
    if (key === '')
      throw new InvalidArgumentError(
        `'${choice}' must be a name and a value, such as sgd,nesterov=true or adamw,decays=weights.`,
      );
    if (key === 'learningRate') throw new InvalidArgumentError(`'${choice}': learningRate is an option of its own.`);
    return [key, choiceOf(value)] as const;
  });
  return OPTIMIZERS[optimizerName(text)].make(learningRate, Object.fromEntries(entries));
}

/** Without its choices. Throws an InvalidArgumentError where there is no such optimizer. */
export function optimizerName(text: OptimizerText): OptimizerName {
  return oneOf(...optimizerNames)(text.split(',')[0] ?? '');
}

function choiceOf(text: string): number | boolean | string {
  if (text === 'true' || text === 'false') return text === 'true';
  return Number.isNaN(Number(text)) ? text : Number(text);
}

/** How an optimizer is typed. */
export function optimizerText(spec: TrainingSetup['optimizer']): OptimizerText {
  const name = optimizerNames.find((known) => known === spec.type.toLowerCase()) ?? 'adam';
  const usual: Readonly<Record<string, unknown>> = { ...OPTIMIZERS[name].make(1) };
  const { type: _, ...choices } = spec;
  const other = Object.entries({ ...(name === 'sgd' && { nesterov: false }), ...choices }).filter(
    ([key, value]) => value !== (usual[key] ?? false),
  );
  return [name, ...other.map(([key, value]) => `${key}=${value}`)].join(',');
}

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
