import { heNormal } from '../../model/initialisers.ts';
import { avgPool2d, conv2d, dense, flatten, maxPool2d } from '../../model/layers.ts';
import { model } from '../../model/model.ts';
import type { Layer, Model } from '../../model/types.ts';
import { type Costs, costsOf, excess } from '../costs.ts';
import type { Shares } from '../fits/precision.ts';
import type { Problem } from '../strategy.ts';

/** A network of the grid, with its parameters as shares of the largest ones. */
export interface GridNetwork {
  readonly shares: Shares;
  readonly model: Model;
  readonly costs: Costs;
  /** In words. */
  readonly name: string;
}

/** The paper's step: a share goes from 0.05 to 1. */
const STEPS = 20;
/** Every whole number of filters up to here is in the grid, where the step would leave some out. */
const FEW_FILTERS = 8;
const LEAST_EXTENT = 4;
const MOST_LAYERS = 3;
const MOST_KERNEL = 7;
const USUAL_FILTERS = 32;

const known = new WeakMap<Problem, readonly GridNetwork[]>();

/**
 * The networks like those of Ke et al. that a problem allows: l convolutions of f filters k x k, each followed by a
 * pooling of 2 x 2, then the classes. The paper shrinks the images for its input size s; a network is given them as they are, so here
 * an average over p x p pixels comes first, and the share of s is 1 / p. f and k are at most the space's.
 */
export function gridNetworks(problem: Problem): readonly GridNetwork[] {
  const found = known.get(problem) ?? build(problem);
  known.set(problem, found);
  return found;
}

function build({ input, classes, space, objective }: Problem): GridNetwork[] {
  const [rows, columns, channels] = input;
  if (columns === undefined || channels === undefined) return [];
  const side = Math.min(rows, columns);
  const convolutions = space.blocks.flatMap((block) => (block.type === 'convolution' ? [block] : []));
  const mostFilters = Math.max(...convolutions.map(({ filters }) => filters[1]), 0) || USUAL_FILTERS;
  const kernels = convolutions.flatMap((block) => block.kernels).filter((kernel) => kernel <= Math.min(MOST_KERNEL, side));
  const mostKernel = Math.max(...kernels, 0) || Math.min(5, side);
  const filters = distinct([
    ...steps(FEW_FILTERS).map((step) => Math.min(step, mostFilters)),
    ...steps(STEPS).map((step) => Math.max(1, Math.round((step / STEPS) * mostFilters))),
  ]);
  // Of the poolings that lead to the same extent the smallest.
  const extents = new Map(
    steps(side)
      .map((pool) => [Math.floor(side / pool), pool] as const)
      .reverse(),
  );
  const pools = [...extents].filter(([extent]) => extent >= Math.min(LEAST_EXTENT, side)).map(([, pool]) => pool);
  return filters.flatMap((f) =>
    pools.flatMap((pool) =>
      distinct(kernels.length > 0 ? kernels : steps(mostKernel)).flatMap((kernel) =>
        steps(MOST_LAYERS).flatMap((layers): GridNetwork[] => {
          if (Math.floor(side / pool) < 2 ** layers) return [];
          const built = network({ filters: f, pool, kernel, layers }, input, classes);
          const costs = costsOf(built);
          if (excess(objective, costs)) return [];
          const shares = { filters: f / mostFilters, size: 1 / pool, kernel: kernel / mostKernel, layers: layers / MOST_LAYERS };
          const name = `${layers} x ${f} filters of ${kernel}x${kernel}${pool > 1 ? ` behind averages of ${pool}x${pool}` : ''}`;
          return [{ shares, model: built, costs, name }];
        }),
      ),
    ),
  );
}

interface Choice {
  readonly filters: number;
  readonly pool: number;
  readonly kernel: number;
  readonly layers: number;
}

function network({ filters, pool, kernel, layers }: Choice, input: Problem['input'], classes: number): Model {
  const block = (): Layer[] => [conv2d(filters, kernel, { padding: 'same', activation: 'relu', init: heNormal() }), maxPool2d(2)];
  const body = steps(layers).flatMap(block);
  return model(input, [...(pool > 1 ? [avgPool2d(pool)] : []), ...body, flatten(), dense(classes)]);
}

/** 1 to `count`. */
function steps(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}

function distinct(values: readonly number[]): number[] {
  return [...new Set(values)];
}
