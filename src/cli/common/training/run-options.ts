import { OPTIMIZERS, type OptimizerText, optimizerName } from './optimizers.ts';

export type Tune = 'off' | 'quick' | 'full';
export type Precision = 'f32' | 'mixed';

/** What a run does, every option decided; kept in run.json. Each program has options of its own besides. */
export interface RunOptions {
  readonly steps: number;
  readonly batch: number;
  readonly learningRate: number;
  /** [adam] */
  readonly optimizer?: OptimizerText;
  readonly seed: number;
  readonly data: string;
  readonly evaluateEvery: number;
  readonly tune: Tune;
  readonly precision: Precision;
}

/** `Adam, learning rate 0.001`, `SGD with momentum (nesterov=true), learning rate 0.05` */
export function optimizerInWords({ optimizer = 'adam', learningRate }: RunOptions): string {
  const [, ...choices] = optimizer.split(',');
  const { words } = OPTIMIZERS[optimizerName(optimizer)];
  return `${words}${choices.length > 0 ? ` (${choices.join(', ')})` : ''}, learning rate ${learningRate}`;
}
