import map from '../../shaders/elementwise/map.wgsl';
import { type Epilogue, NO_EPILOGUE, epilogueConstants } from './epilogue.ts';
import type { Family } from './family.ts';
import { grid } from './grid.ts';
import { kernel } from './library.ts';
import { type View, viewConstants } from './view.ts';

/** y = epilogue(factor (a op b)), element by element. Bindings: a, b, saved, state, y. */
export interface MapProblem {
  readonly replicas: number;
  readonly operation: 'copy' | 'add' | 'multiply';
  readonly factor?: number;
  readonly epilogue?: Epilogue;
  readonly a: View;
  readonly b?: View;
  /** b is one element a replica. */
  readonly scalar?: boolean;
  readonly saved?: View;
  readonly y: View;
}

const OPERATIONS = { copy: 0, add: 1, multiply: 2 } as const;

export const mapFamily: Family<MapProblem> = {
  name: 'elementwise',
  prefer: () => 'map',
  variants: [
    {
      name: 'map',
      supports: () => true,
      build(problem, capabilities) {
        const { rows, channels } = problem.y;
        const spread = grid('an elementwise operation', rows * channels, 64, problem.replicas, capabilities);
        const constants = {
          ...viewConstants('A', problem.a),
          ...viewConstants('B', problem.b),
          ...viewConstants('SAVED', problem.saved),
          ...viewConstants('Y', problem.y),
          ...epilogueConstants(problem.epilogue ?? NO_EPILOGUE),
          ...spread.constants,
          OPERATION: OPERATIONS[problem.operation],
          B_SCALAR: problem.scalar ?? false,
          FACTOR: { f32: problem.factor ?? 1 },
          ROWS: rows,
          CHANNELS: channels,
        };
        return kernel('elementwise/map', map, constants, ['read', 'read', 'read', 'read', 'write'], spread.workgroups);
      },
    },
  ],
};
