import { ShapeError } from '../../core/errors.ts';
import type { Random } from '../../core/random.ts';
import { modelHash } from '../../model/hash.ts';
import { activation as activationLayer, avgPool2d, batchNorm, conv2d, depthwiseConv2d, maxPool2d } from '../../model/layers.ts';
import { model } from '../../model/model.ts';
import type { Conv2dLayer, Layer, Model } from '../../model/types.ts';
import { type Change, editOne } from './edit.ts';
import { filterRanges, windowsNamed } from './named.ts';
import { headPlace, keepsDepth, outputPlace } from './places.ts';
import { fitResiduals } from './residuals.ts';
import { blockLayers, drawBlock, drawStyle, headLayers, oneOf, shapeAfter } from './sample.ts';
import type { Range, Space } from './space.ts';

/** A network that differs from another in one thing, and that thing in words. */
export interface Mutant {
  readonly model: Model;
  readonly change: string;
}

type Mutation = (m: Model, space: Space, random: Random) => Change | undefined;

const ATTEMPTS = 60;

/**
 * A neighbour of a network within a space: one width, window, stride, padding, layer, block, head or activation is another, and
 * residuals are as wide as what comes to them. What is brought in is what the space names; the network need not be of the space
 * itself. Undefined where none was found that fits and differs.
 */
export function mutateModel(m: Model, space: Space, random: Random): Mutant | undefined {
  const own = modelHash(m);
  const output = shapeAfter(m.input, m.layers)?.join();
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const changed = oneOf(MUTATIONS, random)(m, space, random);
    if (!changed || !keepsDepth(changed.layers, [m.layers], space.depth)) continue;
    const layers = fitResiduals(m.input, changed.layers);
    if (shapeAfter(m.input, layers)?.join() !== output) continue;
    const mutant = built(m, layers);
    if (mutant && modelHash(mutant) !== own) return { model: mutant, change: changed.change };
  }
  return undefined;
}

function built({ input }: Model, layers: readonly Layer[]): Model | undefined {
  try {
    return model(input, layers);
  } catch (error) {
    if (error instanceof ShapeError) return undefined;
    throw error;
  }
}

/** Widths are multiplied by one of these, and changed by 1 at the least. */
const FACTORS = [0.5, 0.67, 0.8, 0.9, 1.1, 1.25, 1.5, 2];

const width: Mutation = (m, space, random) => {
  const last = outputPlace(m.layers);
  return editOne(m, random, (layer, place, inside) => {
    if (place === last) return undefined;
    if (layer.type === 'conv2d') {
      const filters = scaled(layer.filters, filterRanges(space, inside), random);
      return { to: [{ ...layer, filters }], change: `${layer.filters} -> ${filters} filters of ${layer.kernel.join('x')}` };
    }
    if (layer.type === 'dense') {
      const units = scaled(
        layer.units,
        space.heads.flatMap((kind) => (kind.type === 'hidden' ? [kind.units] : [])),
        random,
      );
      return { to: [{ ...layer, units }], change: `${layer.units} -> ${units} units` };
    }
    return undefined;
  });
};

const kernel: Mutation = (m, space, random) =>
  editOne(m, random, (layer, _, inside) => {
    const { kernels } = windowsNamed(space, layer, inside);
    if ((layer.type !== 'conv2d' && layer.type !== 'depthwiseConv2d') || kernels.length === 0) return undefined;
    const size = oneOf(kernels, random);
    return { to: [{ ...layer, kernel: [size, size] }], change: `${layer.kernel.join('x')} -> ${size}x${size} ${layer.type}` };
  });

const stride: Mutation = (m, space, random) =>
  editOne(m, random, (layer, _, inside) => {
    const { strides } = windowsNamed(space, layer, inside);
    if ((layer.type !== 'conv2d' && layer.type !== 'depthwiseConv2d') || strides.length === 0) return undefined;
    const step = oneOf(strides, random);
    return { to: [{ ...layer, strides: [step, step] }], change: `stride ${layer.strides.join('x')} -> ${step}x${step}` };
  });

const padding: Mutation = (m, space, random) =>
  editOne(m, random, (layer, _, inside) => {
    if (!('padding' in layer)) return undefined;
    const other = layer.padding === 'same' ? 'valid' : 'same';
    if (!windowsNamed(space, layer, inside).padding.includes(other)) return undefined;
    return { to: [{ ...layer, padding: other }], change: `${other} padding of a ${layer.type}` };
  });

const pooling: Mutation = (m, space, random) =>
  editOne(m, random, (layer) => {
    if (layer.type !== 'maxPool2d' && layer.type !== 'avgPool2d') return undefined;
    const pools = space.blocks.flatMap((block) => (block.type === 'pooling' ? [block] : []));
    if (pools.length === 0) return undefined;
    const { kinds, sizes, padding: pads } = oneOf(pools, random);
    const [kind, size] = [oneOf(kinds, random), oneOf(sizes, random)];
    const options = { padding: oneOf(pads, random) };
    const to = kind === 'maximum' ? maxPool2d(size, options) : avgPool2d(size, options);
    return { to: [to], change: `${layer.type} ${layer.size.join('x')} -> ${kind} ${size}x${size}` };
  });

const drop: Mutation = (m, _, random) => {
  const last = outputPlace(m.layers);
  const places = m.layers.flatMap((layer, place) =>
    place === last || layer.type === 'flatten' || layer.type === 'globalAvgPool2d' ? [] : [place],
  );
  if (places.length === 0) return undefined;
  const dropped = oneOf(places, random);
  return { layers: m.layers.filter((_layer, place) => place !== dropped), change: `without a ${m.layers[dropped]?.type}` };
};

const insert: Mutation = (m, space, random) => {
  const head = headPlace(m.layers);
  const place = random.below(head + 1);
  const before = m.layers.slice(0, place);
  const channels = shapeAfter(m.input, before)?.[2];
  if (channels === undefined) return undefined;
  const block = drawBlock(space, random);
  const style = { ...drawStyle(space, random), ...activationOf(m.layers) };
  const layers = [...before, ...blockLayers(block, channels, style, random), ...m.layers.slice(place)];
  return { layers, change: `with a ${block.type} before layer ${place + 1}` };
};

/** A convolution as a depthwise one and one of 1x1, where the space names such a pair. */
const separate: Mutation = (m, { blocks }, random) => {
  const last = outputPlace(m.layers);
  const pairs = blocks.flatMap((block) => (block.type === 'separable' ? [block] : []));
  return editOne(m, random, (layer, place) => {
    if (place === last || layer.type !== 'conv2d' || layer.kernel.join() === '1,1' || layer.groups !== 1) return undefined;
    const { kernel: size, strides, padding: pad, filters, name: _name, ...rest } = layer;
    const fits = pairs.some(
      ({ kernels, strides: steps, padding: pads }) =>
        size.every((side) => kernels.includes(side)) &&
        strides.every((step) => steps.includes(step)) &&
        pads.some((named) => named === pad),
    );
    if (!fits) return undefined;
    const { bias, activation, weightDecay } = rest;
    const depthwise = depthwiseConv2d(size, { strides, padding: pad, bias: false, weightDecay });
    return { to: [depthwise, conv2d(filters, 1, { bias, activation, weightDecay })], change: `${size.join('x')} separated` };
  });
};

const head: Mutation = (m, space, random) => {
  const body = m.layers.slice(0, headPlace(m.layers));
  const classes = shapeAfter(m.input, m.layers)?.[0];
  if (classes === undefined) return undefined;
  const kind = oneOf(space.heads, random);
  const { activation } = { ...drawStyle(space, random), ...activationOf(m.layers) };
  return { layers: [...body, ...headLayers(kind, classes, activation, random)], change: `${kind.type} head` };
};

const activation: Mutation = (m, space, random) => {
  const to = oneOf(space.activations, random);
  const replace = (layers: readonly Layer[]): Layer[] =>
    layers.map((layer) => {
      if (layer.type === 'branch') return { ...layer, paths: layer.paths.map(replace) };
      if (layer.type === 'residual') return { ...layer, layers: replace(layer.layers) };
      return 'activation' in layer && layer.activation !== undefined ? { ...layer, activation: to } : layer;
    });
  return { layers: replace(m.layers), change: `activation ${typeof to === 'string' ? to : `${to.type} ${to.slope}`}` };
};

/** Batch normalisation between a convolution and its activation, or none there any more. */
const normalisation: Mutation = (m, space, random) => {
  const last = outputPlace(m.layers);
  const places = m.layers.flatMap((layer, place) => (layer.type === 'batchNorm' ? [place] : []));
  const without = places.length > 0 && (random.below(2) === 0 || !space.batchNorm.includes(true));
  if (without && space.batchNorm.includes(false)) {
    const place = oneOf(places, random);
    return { layers: m.layers.filter((_layer, index) => index !== place), change: 'without a batch normalisation' };
  }
  if (!space.batchNorm.includes(true)) return undefined;
  return editOne(m, random, (layer, place) => {
    if (place === last || layer.type !== 'conv2d' || layer.activation === undefined) return undefined;
    const { activation: kind, ...rest } = layer;
    const bare: Conv2dLayer = { ...rest, bias: false };
    return { to: [bare, batchNorm(), activationLayer(kind)], change: 'with a batch normalisation' };
  });
};

const MUTATIONS: readonly Mutation[] = [
  width,
  width,
  width,
  kernel,
  stride,
  padding,
  pooling,
  drop,
  insert,
  separate,
  head,
  activation,
  normalisation,
];

function activationOf(layers: readonly Layer[]) {
  for (const layer of layers)
    if ('activation' in layer && layer.activation !== undefined) return { activation: layer.activation };
  return {};
}

/** A width within ranges, or no further from them than it was. */
function scaled(value: number, ranges: readonly Range[], random: Random): number {
  const factor = oneOf(FACTORS, random);
  const rounded = Math.round(value * factor);
  const moved = rounded === value ? value + (factor < 1 ? -1 : 1) : rounded;
  const least = Math.min(value, ...ranges.map(([low]) => low));
  const most = Math.max(value, ...ranges.map(([, high]) => high));
  return Math.max(least, Math.min(most, moved));
}
