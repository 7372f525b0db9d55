import shader from '../../../../shaders/dense-gradients/inputs.wgsl';
import { epilogueConstants } from '../../epilogue.ts';
import type { Variant } from '../../family.ts';
import { given, viewNames } from '../../given.ts';
import { grid } from '../../grid.ts';
import { kernel } from '../../library.ts';
import { MOST_ROUNDINGS } from '../../long-sum.ts';
import { elementAlias, viewConstants } from '../../view.ts';
import type { DenseGradientsProblem } from '../problem.ts';

/** Sums in registers, and text that the driver must unroll. */
const MOST_OUTPUTS = 32;

const SIZES = [
  ...viewNames('DY', 'X', 'DX', 'SAVED'),
  ...['GRID_X', 'BATCH', 'INPUTS', 'WEIGHTS_REPLICA', 'WEIGHTS_LENGTH', 'BIAS_LENGTH', 'BLOCKS', 'SPLITS', 'PER_SPLIT'],
];

export const inputsVariant: Variant<DenseGradientsProblem> = {
  name: 'inputs',
  madeFor: 'cpu',
  supports: ({ outputs, perSplit }, { kind, subgroupSize }) =>
    kind === 'cpu' && (subgroupSize === 8 || subgroupSize === 16) && outputs <= MOST_OUTPUTS && perSplit <= MOST_ROUNDINGS,
  build(problem, capabilities) {
    const { replicas, batch, inputs, outputs, splits } = problem;
    const lanes = capabilities.subgroupSize;
    const blocks = Math.ceil(inputs / lanes);
    const { workgroups, constants } = grid('the gradients of a dense layer', blocks * splits, 1, replicas, capabilities);
    return kernel(
      'dense-gradients/inputs',
      shader,
      given(
        {
          ...viewConstants('DY', problem.dy),
          ...viewConstants('X', problem.x),
          ...viewConstants('DX', problem.dx),
          ...viewConstants('SAVED', problem.saved),
          ...epilogueConstants(problem.epilogue),
          ...elementAlias('Activation', problem.dy, problem.x, problem.dx, problem.saved),
          ...elementAlias('Weight', { type: problem.weightsType }),
          ...constants,
          BATCH: batch,
          INPUTS: inputs,
          OUTPUTS: outputs,
          BIAS: problem.bias,
          WEIGHTS_REPLICA: problem.weightsReplica,
          WEIGHTS_LENGTH: problem.weightsLength,
          BIAS_LENGTH: problem.biasLength,
          LANES: lanes,
          BLOCKS: blocks,
          SPLITS: splits,
          PER_SPLIT: problem.perSplit,
        },
        SIZES,
        2 * blocks * splits,
      ),
      ['read', 'read', 'read', 'read', 'read', 'write', 'write', 'write'],
      workgroups,
    );
  },
};
