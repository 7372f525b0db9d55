import { OptionError } from '../../core/errors.ts';
import { Random } from '../../core/random.ts';
import { type Configuration, PARAMETERS, type Parameter } from '../../search/fits/precision.ts';
import { extents, nameOf, type Values } from './configuration.ts';

/** The pairs of the paper's 2-D models, equations 3 to 5. */
export const PAIRS: readonly (readonly [Parameter, Parameter])[] = [
  ['filters', 'size'],
  ['filters', 'kernel'],
  ['filters', 'layers'],
];

/** The baseline with each value of one parameter, those that can be built. */
export function sweep(baseline: Configuration, values: Values, parameter: Parameter): Configuration[] {
  return buildable(values[parameter].map((value) => ({ ...baseline, [parameter]: value })));
}

/** The baseline with each pair of values of two parameters, those that can be built. */
export function grid(baseline: Configuration, values: Values, [first, second]: readonly [Parameter, Parameter]): Configuration[] {
  return buildable(values[first].flatMap((a) => values[second].map((b) => ({ ...baseline, [first]: a, [second]: b }))));
}

/** What is measured for the fits, each once, the baseline first: the sweeps and, with `grids`, the pairs. */
export function design(baseline: Configuration, values: Values, parts: { readonly grids: boolean }): Configuration[] {
  return distinct([
    ...buildable([baseline]),
    ...PARAMETERS.flatMap((parameter) => sweep(baseline, values, parameter)),
    ...(parts.grids ? PAIRS.flatMap((pair) => grid(baseline, values, pair)) : []),
  ]);
}

/**
 * Configurations drawn by seed, none of `without`: each parameter a whole number from the least of its values to its largest. Throws
 * an OptionError where there are not so many.
 */
export function drawChecks(count: number, values: Values, without: readonly Configuration[], seed: number): Configuration[] {
  const random = new Random(seed, 0);
  const taken = new Set(without.map(nameOf));
  const found: Configuration[] = [];
  const draw = (parameter: Parameter) => {
    const least = Math.min(...values[parameter]);
    return least + random.below(Math.max(...values[parameter]) - least + 1);
  };
  for (let attempt = 0; found.length < count; attempt++) {
    if (attempt >= 1000 + 100 * count)
      throw new OptionError(`There are not ${count} random configurations beside the designed ones: ask for fewer checks`);
    const drawn = { filters: draw('filters'), size: draw('size'), kernel: draw('kernel'), layers: draw('layers') };
    if (taken.has(nameOf(drawn)) || !extents(drawn)) continue;
    taken.add(nameOf(drawn));
    found.push(drawn);
  }
  return found;
}

/**
 * The configurations of equation 7: each parameter from 0 to its baseline's in steps of `step`, rounded to whole numbers, each once;
 * those that can be built and lie within the values that were measured.
 */
export function shareGrid(baseline: Configuration, values: Values, step = 0.05): Configuration[] {
  const count = Math.round(1 / step);
  const along = (parameter: Parameter) => {
    const least = Math.min(...values[parameter]);
    const all = Array.from({ length: count }, (_, index) => Math.round(((index + 1) / count) * baseline[parameter]));
    return [...new Set(all)].filter((value) => value >= Math.max(1, least));
  };
  const [filters, sizes, kernels, layers] = PARAMETERS.map(along) as [number[], number[], number[], number[]];
  return buildable(
    filters.flatMap((f) =>
      sizes.flatMap((s) => kernels.flatMap((k) => layers.map((l) => ({ filters: f, size: s, kernel: k, layers: l })))),
    ),
  );
}

function buildable(configurations: readonly Configuration[]): Configuration[] {
  return configurations.filter((configuration) => extents(configuration) !== undefined);
}

function distinct(configurations: readonly Configuration[]): Configuration[] {
  return [...new Map(configurations.map((configuration) => [nameOf(configuration), configuration])).values()];
}
