import type { Random } from '../../core/random.ts';
import { modelHash } from '../../model/hash.ts';
import type { Layer, Model } from '../../model/types.ts';
import { type Change, editOne } from './edit.ts';
import { fittingModel, shapeAfter } from './fitting.ts';
import type { Mutable } from './layers/edits.ts';
import { editsOf, mapInner } from './layers/registry.ts';
import { drawFactor, filterRanges, scaledBy, unitRanges } from './layers/widths.ts';
import { fitResiduals } from './residuals.ts';
import { blockLayers, drawBlock, drawStyle, headLayers, oneOf } from './sample.ts';
import { type AnyActivation, isPrelu, type Space } from './space.ts';
import { headIndex, keepsDepth, outputIndex } from './structure.ts';

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
    const mutant = fittingModel(m.input, layers);
    if (mutant && modelHash(mutant) !== own) return { model: mutant, change: changed.change };
  }
  return undefined;
}

/** Changes one thing of one of the layers that have it. */
function mutationOf(what: Mutable): Mutation {
  return (m, space, random) => {
    const output = outputIndex(m.layers);
    return editOne(m, random, (layer, index, inside) =>
      editsOf(layer).mutations?.[what]?.(layer, { space, random, inside, isOutput: index === output }),
    );
  };
}

const drop: Mutation = (m, _, random) => {
  const last = outputIndex(m.layers);
  const indices = m.layers.flatMap((layer, index) => {
    const { role } = editsOf(layer);
    return index === last || role === 'flattening' || role === 'averaging' ? [] : [index];
  });
  if (indices.length === 0) return undefined;
  const dropped = oneOf(indices, random);
  return { layers: m.layers.filter((_layer, index) => index !== dropped), change: `without a ${m.layers[dropped]?.type}` };
};

const insert: Mutation = (m, space, random) => {
  const head = headIndex(m.layers);
  const index = random.below(head + 1);
  const before = m.layers.slice(0, index);
  const channels = shapeAfter(m.input, before)?.[2];
  if (channels === undefined) return undefined;
  const block = drawBlock(space, random);
  const style = { ...drawStyle(space, random), ...activationOf(m.layers) };
  const layers = [...before, ...blockLayers(block, channels, style, random), ...m.layers.slice(index)];
  return { layers, change: `with a ${block.type} before layer ${index + 1}` };
};

const head: Mutation = (m, space, random) => {
  const body = m.layers.slice(0, headIndex(m.layers));
  const classes = shapeAfter(m.input, m.layers)?.[0];
  if (classes === undefined) return undefined;
  const kind = oneOf(space.heads, random);
  const { activation } = { ...drawStyle(space, random), ...activationOf(m.layers) };
  return { layers: [...body, ...headLayers(kind, classes, activation, random)], change: `${kind.type} head` };
};

const activation: Mutation = (m, space, random) => {
  const to = oneOf(space.activations, random);
  if (isPrelu(to)) return undefined;
  const replace = (layers: readonly Layer[]): Layer[] =>
    layers.map((layer) => {
      // A factor of its own kind.
      if (layer.type === 'gate') return layer;
      const replaced = mapInner(layer, replace);
      return 'activation' in replaced && replaced.activation !== undefined ? { ...replaced, activation: to } : replaced;
    });
  return { layers: replace(m.layers), change: `activation ${typeof to === 'string' ? to : `${to.type} ${to.slope}`}` };
};

const normalised = mutationOf('normalisation');

/** Batch normalisation between a convolution and its activation, or none there any more. */
const normalisation: Mutation = (m, space, random) => {
  const indices = m.layers.flatMap((layer, index) => (layer.type === 'batchNorm' ? [index] : []));
  const without = indices.length > 0 && (random.below(2) === 0 || !space.batchNorm.includes(true));
  if (without && space.batchNorm.includes(false)) {
    const index = oneOf(indices, random);
    return { layers: m.layers.filter((_layer, other) => other !== index), change: 'without a batch normalisation' };
  }
  return space.batchNorm.includes(true) ? normalised(m, space, random) : undefined;
};

/** All widths by about the same factor: of a deep network one alone changes little. */
const widths: Mutation = (m, space, random) => {
  const output = outputIndex(m.layers);
  const factor = drawFactor(random);
  const scale = (layers: readonly Layer[], outermost?: number): Layer[] =>
    layers.map((layer, index) => {
      const isOutput = (outermost ?? index) === output;
      const inner = mapInner(layer, (list) => scale(list, outermost ?? index));
      if (isOutput || layer.type === 'gate') return layer;
      if (inner.type === 'conv2d') return { ...inner, filters: scaledBy(inner.filters, factor, filterRanges(space, undefined)) };
      return inner.type === 'dense' ? { ...inner, units: scaledBy(inner.units, factor, unitRanges(space, undefined)) } : inner;
    });
  return { layers: scale(m.layers), change: `all widths times ${factor}` };
};

/** A block once more behind itself. */
const again: Mutation = (m, _, random) => {
  const body = m.layers.slice(0, headIndex(m.layers));
  const starts = body.flatMap((layer, index) => (editsOf(layer).role === 'block' ? [index] : []));
  if (starts.length === 0) return undefined;
  const which = random.below(starts.length);
  const [from, to] = [starts[which] ?? 0, starts[which + 1 + random.below(2)] ?? body.length];
  const copied = body.slice(from, to);
  const layers = [...m.layers.slice(0, to), ...copied, ...m.layers.slice(to)];
  return { layers, change: `${copied.map(({ type }) => type).join(' and ')} once more` };
};

/** Each as likely as the others: a width is changed most often. */
const MUTATIONS: readonly Mutation[] = [
  mutationOf('width'),
  mutationOf('width'),
  mutationOf('width'),
  widths,
  mutationOf('kernel'),
  mutationOf('stride'),
  mutationOf('padding'),
  mutationOf('pooling'),
  drop,
  insert,
  mutationOf('separation'),
  head,
  activation,
  mutationOf('slope'),
  mutationOf('times'),
  again,
  normalisation,
];

function activationOf(layers: readonly Layer[]): { readonly activation?: AnyActivation } {
  for (const layer of layers) {
    if (layer.type === 'prelu') return { activation: { type: 'prelu' } };
    if ('activation' in layer && layer.activation !== undefined) return { activation: layer.activation };
  }
  return {};
}
