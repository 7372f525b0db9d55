import type { ExportOperation } from '../../../deploy/operations.ts';
import type { Step } from '../steps.ts';
import { conv2d } from './convolution.ts';
import { dense } from './dense.ts';
import { activation, arithmetic, channelShuffle, prelu, scaleOffset, upsample2d } from './elementwise.ts';
import { layerNorm, softmax } from './normalisation.ts';
import { pool } from './pool.ts';
import type { Emission, Routine } from './routine.ts';
import { conv2dTranspose } from './transposed-convolution.ts';

/** The routine of a step. Reshapes and concatenations have none: they are a matter of where values lie. */
export function routineOf(step: Step, operation: Computing, emission: Emission): Routine {
  switch (operation.type) {
    case 'conv2d':
      return conv2d(operation, step.activation, emission);
    case 'conv2dTranspose':
      return conv2dTranspose(operation, step.activation, emission);
    case 'dense':
      return dense(operation, step.activation, emission);
    case 'maxPool2d':
    case 'avgPool2d':
      return pool(operation, emission);
    case 'scaleOffset':
      return scaleOffset(operation, emission);
    case 'layerNorm':
      return layerNorm(operation, emission);
    case 'prelu':
      return prelu(operation, emission);
    case 'activation':
      return activation(operation, emission);
    case 'softmax':
      return softmax(emission);
    case 'add':
    case 'multiply':
      return arithmetic(operation, emission);
    case 'upsample2d':
      return upsample2d(operation.factor, emission);
    case 'channelShuffle':
      return channelShuffle(operation.groups, emission);
  }
}

export type Computing = Exclude<ExportOperation, { readonly type: 'reshape' | 'concat' }>;
