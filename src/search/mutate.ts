import { ShapeError } from '../core/errors.ts';
import type { Random } from '../core/random.ts';
import { modelHash } from '../model/hash.ts';
import { activation as activationLayer, avgPool2d, batchNorm, conv2d, depthwiseConv2d, maxPool2d } from '../model/layers.ts';
import { model } from '../model/model.ts';
import type { Conv2dLayer, Layer, Model } from '../model/types.ts';
import { blockLayers, drawBlock, drawStyle, headLayers, oneOf, shapeAfter } from './sample.ts';
import type { Range, Space } from './space.ts';

/** A network that differs from another in one thing, and that thing in words. */
export interface Mutant {
  readonly model: Model;
  readonly change: string;
}

type Change = { readonly layers: readonly Layer[]; readonly change: string };
type Mutation = (m: Model, space: Space, random: Random) => Change | undefined;

const ATTEMPTS = 60;

/**
 * A neighbour of a network within a space: one width, window, stride, padding, layer, block, head or activation is another. The
 * network need not be of the space itself. Undefined where none was found that fits and differs.
 */
export function mutateModel(m: Model, space: Space, random: Random): Mutant | undefined {
  const own = modelHash(m);
  const output = shapeAfter(m.input, m.layers)?.join();
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const changed = oneOf(MUTATIONS, random)(m, space, random);
    if (!changed || shapeAfter(m.input, changed.layers)?.join() !== output) continue;
    const mutant = built(m, changed.layers);
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
  return editOne(m, random, (layer, place) => {
    if (place === last) return undefined;
    if (layer.type === 'conv2d') {
      const filters = scaled(layer.filters, widest(space, 'filters'), random);
      return { to: [{ ...layer, filters }], change: `${layer.filters} -> ${filters} filters of ${layer.kernel.join('x')}` };
    }
    if (layer.type === 'dense') {
      const units = scaled(layer.units, widest(space, 'units'), random);
      return { to: [{ ...layer, units }], change: `${layer.units} -> ${units} units` };
    }
    return undefined;
  });
};

const kernel: Mutation = (m, space, random) =>
  editOne(m, random, (layer) => {
    if (layer.type !== 'conv2d' && layer.type !== 'depthwiseConv2d') return undefined;
    const size = oneOf(
      space.blocks.flatMap((block) => ('kernels' in block ? block.kernels : [1, 3])),
      random,
    );
    return { to: [{ ...layer, kernel: [size, size] }], change: `${layer.kernel.join('x')} -> ${size}x${size} ${layer.type}` };
  });

const stride: Mutation = (m, space, random) =>
  editOne(m, random, (layer) => {
    if (layer.type !== 'conv2d' && layer.type !== 'depthwiseConv2d') return undefined;
    const step = oneOf(
      space.blocks.flatMap((block) => ('strides' in block ? block.strides : [1])),
      random,
    );
    return { to: [{ ...layer, strides: [step, step] }], change: `stride ${layer.strides.join('x')} -> ${step}x${step}` };
  });

const padding: Mutation = (m, _, random) =>
  editOne(m, random, (layer) => {
    if (!('padding' in layer)) return undefined;
    const other = layer.padding === 'same' ? 'valid' : 'same';
    return { to: [{ ...layer, padding: other }], change: `${other} padding of a ${layer.type}` };
  });

const pooling: Mutation = (m, space, random) =>
  editOne(m, random, (layer) => {
    if (layer.type !== 'maxPool2d' && layer.type !== 'avgPool2d') return undefined;
    const pools = space.blocks.flatMap((block) => (block.type === 'pooling' ? [block] : []));
    if (pools.length === 0) return undefined;
    const { kinds, sizes } = oneOf(pools, random);
    const [kind, size] = [oneOf(kinds, random), oneOf(sizes, random)];
    const to = kind === 'maximum' ? maxPool2d(size) : avgPool2d(size);
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

/** A convolution as a depthwise one and one of 1x1. */
const separate: Mutation = (m, _, random) => {
  const last = outputPlace(m.layers);
  return editOne(m, random, (layer, place) => {
    if (place === last || layer.type !== 'conv2d' || layer.kernel.join() === '1,1' || layer.groups !== 1) return undefined;
    const { kernel: size, strides, padding: pad, filters, name: _name, ...rest } = layer;
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

type Edit = (layer: Layer, place: number) => { readonly to: readonly Layer[]; readonly change: string } | undefined;

/** Edits one of the layers that `edit` has something for, also inside of branches; `place` is that of the outermost layer. */
function editOne(m: Model, random: Random, edit: Edit): Change | undefined {
  const found: Change[] = [];
  const walk = (
    layers: readonly Layer[],
    outer: number | undefined,
    rebuild: (layers: readonly Layer[]) => readonly Layer[],
  ): void => {
    layers.forEach((layer, index) => {
      const place = outer ?? index;
      const replaced = (to: readonly Layer[]) => rebuild([...layers.slice(0, index), ...to, ...layers.slice(index + 1)]);
      const edited = edit(layer, place);
      if (edited) found.push({ layers: replaced(edited.to), change: edited.change });
      if (layer.type === 'branch')
        layer.paths.forEach((path, which) => {
          walk(path, place, (inner) =>
            replaced([{ ...layer, paths: layer.paths.map((old, at) => (at === which ? inner : old)) }]),
          );
        });
      if (layer.type === 'residual') walk(layer.layers, place, (inner) => replaced([{ ...layer, layers: inner }]));
    });
  };
  walk(m.layers, undefined, (layers) => layers);
  return found.length === 0 ? undefined : oneOf(found, random);
}

/** The layer that makes the classes: its width is not free. */
function outputPlace(layers: readonly Layer[]): number {
  return layers.reduce((last, { type }, place) => (type === 'dense' || type === 'conv2d' ? place : last), -1);
}

/** Where the head begins: at the flattening, or at the last convolution where the classes are averaged over the image. */
function headPlace(layers: readonly Layer[]): number {
  const flattened = layers.findIndex(({ type }) => type === 'flatten' || type === 'dense');
  if (flattened >= 0) return flattened;
  const averaged = layers.findIndex(({ type }) => type === 'globalAvgPool2d');
  return averaged < 0 ? layers.length : outputPlace(layers);
}

function activationOf(layers: readonly Layer[]) {
  for (const layer of layers)
    if ('activation' in layer && layer.activation !== undefined) return { activation: layer.activation };
  return {};
}

function scaled(value: number, most: number, random: Random): number {
  const factor = oneOf(FACTORS, random);
  const rounded = Math.round(value * factor);
  const moved = rounded === value ? value + (factor < 1 ? -1 : 1) : rounded;
  return Math.max(1, Math.min(Math.max(most, value), moved));
}

/** The widest that a space allows. */
function widest({ blocks, heads }: Space, what: 'filters' | 'units'): number {
  const ranges: Range[] =
    what === 'units'
      ? heads.flatMap((kind) => (kind.type === 'hidden' ? [kind.units] : []))
      : blocks.flatMap((block) => ('filters' in block ? [block.filters] : 'expanded' in block ? [block.expanded] : []));
  return Math.max(1, ...ranges.map(([, most]) => most));
}
