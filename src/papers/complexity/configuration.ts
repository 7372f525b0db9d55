import { OptionError } from '../../core/errors.ts';
import { heNormal } from '../../model/initialisers.ts';
import { model } from '../../model/model.ts';
import type { Model } from '../../model/types.ts';
import { type Configuration, LETTERS, PARAMETERS, type Parameter, type Shares } from '../../search/fits/precision.ts';
import { ke, pooledExtent } from '../../zoo/ke.ts';

/** Values of each parameter, falling; the first is the baseline's. */
export type Values = Readonly<Record<Parameter, readonly number[]>>;

/** The paper's candidate sets; their first values are its baseline. */
export const PUBLISHED_VALUES: Values = {
  filters: [64, 48, 40, 32, 24, 16, 12, 8, 4, 2],
  size: [64, 56, 48, 40, 32, 24, 20, 12],
  kernel: [5, 4, 3],
  layers: [3, 2, 1],
};

export const PUBLISHED_BASELINE: Configuration = { filters: 64, size: 64, kernel: 5, layers: 3 };

/** The paper's candidate sets scaled to another baseline, rounded to whole numbers of at least 1, each once. */
export function candidateValues(baseline: Configuration): Values {
  const scaled = (parameter: Parameter) => {
    const all = PUBLISHED_VALUES[parameter];
    const values = all.map((value) => Math.max(1, Math.round((value / PUBLISHED_BASELINE[parameter]) * baseline[parameter])));
    return [...new Set(values)];
  };
  return { filters: scaled('filters'), size: scaled('size'), kernel: scaled('kernel'), layers: scaled('layers') };
}

/** `f16 s28 k5 l3`: the same for equal configurations alone. */
export function nameOf(configuration: Configuration): string {
  return PARAMETERS.map((parameter) => `${LETTERS[parameter]}${configuration[parameter]}`).join(' ');
}

/** Height and width s_i at each convolution, whose padding keeps them; undefined where the input is too small for so many poolings. */
export function extents({ size, layers }: Configuration): number[] | undefined {
  const found: number[] = [];
  for (let extent = size; found.length < layers; extent = pooledExtent(extent)) {
    if (extent < 2) return undefined;
    found.push(extent);
  }
  return found;
}

/** The sum of equation 1, f_(i-1) k^2 f_i s_i^2 over the convolutions: the multiplications of one inference in them. */
export function arithmetic(configuration: Configuration, channels: number): number {
  const { filters, kernel } = configuration;
  return needed(configuration).reduce(
    (sum, extent, index) => sum + (index === 0 ? channels : filters) * kernel ** 2 * filters * extent ** 2,
    0,
  );
}

/** Elements that the convolutions read and write for one inference. */
export function memory(configuration: Configuration, channels: number): number {
  const { filters } = configuration;
  return needed(configuration).reduce(
    (sum, extent, index) => sum + ((index === 0 ? channels : filters) + filters) * extent ** 2,
    0,
  );
}

function needed(configuration: Configuration): number[] {
  const found = extents(configuration);
  if (!found) throw new OptionError(`The input of ${nameOf(configuration)} is too small for ${configuration.layers} poolings`);
  return found;
}

/** The paper's gamma: each parameter as a share of the baseline's. */
export function shares(configuration: Configuration, baseline: Configuration): Shares {
  const share = (parameter: Parameter) => configuration[parameter] / baseline[parameter];
  return { filters: share('filters'), size: share('size'), kernel: share('kernel'), layers: share('layers') };
}

/**
 * The network of a configuration: `ke` with He's initial weights and no weight decay. cuda-convnet's, 1e-4 and up to 3, are for
 * pixels of 0 to 255, plain SGD and a hundred epochs; a study's short trainings would not leave their beginning.
 */
export function networkOf({ filters, size, kernel, layers }: Configuration, channels: number, classes: number): Model {
  const published = ke({ filters, size, kernel, layers, channels, classes });
  return model(
    published.input,
    published.layers.map((layer) =>
      layer.type === 'conv2d' || layer.type === 'dense' ? { ...layer, init: heNormal(), weightDecay: 0 } : layer,
    ),
  );
}
