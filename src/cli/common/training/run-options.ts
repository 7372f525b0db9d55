import { OPTIMIZERS, type OptimizerName } from './optimizers.ts';

export type Tune = 'off' | 'quick' | 'full';
export type Precision = 'f32' | 'mixed';

/** What a run does, every option decided; kept in run.json. Each program has options of its own besides. */
export interface RunOptions {
  readonly steps: number;
  readonly batch: number;
  readonly learningRate: number;
  /** [adam] */
  readonly optimizer?: OptimizerName;
  readonly seed: number;
  readonly data: string;
  readonly evaluateEvery: number;
  readonly tune: Tune;
  readonly precision: Precision;
}

/** `Adam, learning rate 0.001` */
export function optimizerInWords({ optimizer = 'adam', learningRate }: RunOptions): string {
  return `${OPTIMIZERS[optimizer].words}, learning rate ${learningRate}`;
}
