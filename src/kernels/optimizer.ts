import average from '../../shaders/optimizer/average.wgsl';
import noAverage from '../../shaders/optimizer/no-average.wgsl';
import update from '../../shaders/optimizer/update.wgsl';
import updateF32 from '../../shaders/optimizer/update-f32.wgsl';
import updateMixed from '../../shaders/optimizer/update-mixed.wgsl';
import type { Shape } from '../core/value.ts';
import type { Constants } from '../gpu/composer.ts';
import type { Capabilities } from '../gpu/gpu.ts';
import type { Kernel } from '../gpu/kernel.ts';
import { grid } from './grid.ts';
import { kernel } from './library.ts';
import { type Schedule, scheduleConstants } from './schedule.ts';
import { CHUNK } from './segment-table.ts';
import { elementAlias } from './view.ts';

/** How an optimizer updates the parameters, as its kernel needs it; the learning rate lies in the training state. */
export interface UpdateRule {
  readonly name: string;
  /** WGSL with the functions that shaders/optimizer/update.wgsl calls. */
  readonly source: string;
  readonly constants: Constants;
  /** How many it keeps for each parameter. */
  readonly moments: 1 | 2;
  /** Decoupled decay: the share of a parameter of this shape that a step takes away, times the learning rate [none]. */
  readonly decay?: (shape: Shape) => number;
}

/** Invocations that go over a chunk. On a GPU few turns: a short segment of many partial sums is one workgroup's work, which waits for each of them. */
export function chunkLanes({ kind }: Capabilities): number {
  return kind === 'gpu' ? 256 : 64;
}

export interface OptimizerProblem {
  readonly rule: UpdateRule;
  readonly schedule: Schedule;
  readonly chunks: number;
  /** Whether the parameters have f16 copies, and the gradients a loss scale. */
  readonly mixed?: boolean;
  /** Whether the training state holds a factor for the gradients; see clip.ts. */
  readonly clipped?: boolean;
  /** The most that an average of the weights keeps of itself in a step [there is no average]. */
  readonly averageDecay?: number;
  /** Whether there are segments that keep their zeros [false]. */
  readonly prunes?: boolean;
}

/**
 * The dispatch that updates all segments of a table. Bindings: table, state, gradients, parameters, moments (one or two), in mixed
 * precision the f16 copies of the parameters, and averages of the parameters where they are kept.
 */
export function optimizerKernel(
  { rule, schedule, chunks, mixed = false, clipped = false, averageDecay, prunes = false }: OptimizerProblem,
  capabilities: Capabilities,
): Kernel {
  // Neither the grid's nor any other size is in the text: one compiled kernel serves networks of all sizes.
  const { workgroups } = grid('the optimizer', chunks, 1, 1, capabilities);
  const averaged = averageDecay !== undefined;
  const written = 1 + rule.moments + Number(mixed) + Number(averaged);
  return kernel(
    `optimizer/${rule.name}`,
    [update, rule.source, mixed ? updateMixed : updateF32, averaged ? average : noAverage].join('\n'),
    {
      ...rule.constants,
      ...scheduleConstants(schedule),
      ...(mixed && { ...elementAlias('Weight', { type: 'f16' }), HALVES: 4 + rule.moments }),
      ...(averaged && { AVERAGES: 4 + rule.moments + Number(mixed), AVERAGE_REST: { f32: 1 - averageDecay } }),
      WORKGROUP: chunkLanes(capabilities),
      CHUNK,
      DECAYS: rule.decay !== undefined,
      CLIPPED: clipped,
      PRUNES: prunes,
    },
    ['read', 'read', 'read', ...Array.from({ length: written }, () => 'write' as const)],
    workgroups,
  );
}
