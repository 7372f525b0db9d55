import map from '../../shaders/elementwise/map.wgsl';
import mapVec4 from '../../shaders/elementwise/map-vec4.wgsl';
import { type Epilogue, epilogueConstants, NO_EPILOGUE } from './epilogue.ts';
import type { Family, Variant } from './family.ts';
import { given, viewNames } from './given.ts';
import { grid } from './grid.ts';
import { kernel } from './library.ts';
import { chunkedGrid, inFours } from './vec4.ts';
import { elementAlias, type View, viewConstants } from './view.ts';

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

function constants(problem: MapProblem) {
  return {
    ...viewConstants('A', problem.a),
    ...viewConstants('B', problem.b),
    ...viewConstants('SAVED', problem.saved),
    ...viewConstants('Y', problem.y),
    ...elementAlias('TermA', problem.a),
    ...elementAlias('TermB', problem.b),
    ...elementAlias('Activation', problem.saved),
    ...elementAlias('Result', problem.y),
    ...epilogueConstants(problem.epilogue ?? NO_EPILOGUE),
    OPERATION: OPERATIONS[problem.operation],
    B_SCALAR: problem.scalar ?? false,
    FACTOR: { f32: problem.factor ?? 1 },
    ROWS: problem.y.rows,
    CHANNELS: problem.y.channels,
  };
}

const BINDINGS = ['read', 'read', 'read', 'read', 'write'] as const;

const SIZES = [...viewNames('A', 'B', 'SAVED', 'Y'), 'GRID_X', 'CHUNK', 'ROWS', 'CHANNELS'];

const direct: Variant<MapProblem> = {
  name: 'map',
  supports: () => true,
  build(problem, capabilities) {
    const { rows, channels } = problem.y;
    const spread = grid('an elementwise operation', rows * channels, 64, problem.replicas, capabilities);
    const all = { ...constants(problem), ...spread.constants };
    const sized = capabilities.kind === 'cpu' ? given(all, SIZES, rows * channels) : all;
    return kernel('elementwise/map', map, sized, BINDINGS, spread.workgroups);
  },
};

/** The same problem with all rows in one, where no view has a gap between its rows: then rows of any length may be cut in fours. */
function flat(problem: MapProblem): MapProblem {
  const views = [problem.a, problem.b, problem.saved, problem.y].filter((view) => view !== undefined);
  if (!views.every(({ rowStride, channels }) => rowStride === channels)) return problem;
  const row = (view: View): View => ({
    ...view,
    rows: 1,
    channels: view.rows * view.channels,
    rowStride: view.rows * view.channels,
  });
  return {
    ...problem,
    a: row(problem.a),
    b: problem.b && row(problem.b),
    saved: problem.saved && row(problem.saved),
    y: row(problem.y),
  };
}

const vec4: Variant<MapProblem> = {
  name: 'vec4',
  supports(problem) {
    const { a, b, saved, y } = flat(problem);
    return !problem.scalar && [a, b, saved, y].every(inFours);
  },
  build(problem, capabilities) {
    const row = flat(problem);
    const spread = chunkedGrid('an elementwise operation', (row.y.rows * row.y.channels) / 4, problem.replicas, capabilities);
    const all = { ...constants(row), ...spread.constants, ONE_ROW: row.y.rows === 1 };
    const sized = capabilities.kind === 'cpu' ? given(all, SIZES, row.y.rows * row.y.channels) : all;
    return kernel('elementwise/vec4', mapVec4, sized, BINDINGS, spread.workgroups);
  },
};

export const mapFamily: Family<MapProblem> = {
  name: 'elementwise',
  prefer: () => 'vec4',
  variants: [direct, vec4],
};
