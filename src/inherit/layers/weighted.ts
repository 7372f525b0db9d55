import { elements } from '../../core/value.ts';
import type { Conv2dLayer } from '../../model/layers/conv2d.ts';
import type { Conv2dTransposeLayer } from '../../model/layers/conv2d-transpose.ts';
import type { DenseLayer } from '../../model/layers/dense.ts';
import { copy, type Features, holdsSomething, isIdentity, mainSource, NONE, nothing, through, widthOf } from '../features.ts';
import { mostImportant } from '../importance.ts';
import { kernelOf, middle, summed } from '../kernel.ts';
import type { Handover, Placed, Rule, Wanted } from '../rule.ts';
import { gaveAll, sameLayer } from './same.ts';

type WeightedLayer = Conv2dLayer | Conv2dTransposeLayer | DenseLayer;

/** Products of which a removed layer's linear map is made: beyond, it is not worth its time. */
const MOST_PRODUCTS = 4e6;

const roleOf = ({ type }: WeightedLayer) => (type === 'dense' ? 'weights' : 'filter');
const isTurned = ({ type }: WeightedLayer) => type === 'conv2dTranspose';
const isGrouped = (layer: WeightedLayer) => 'groups' in layer && layer.groups > 1;
const sizeOf = (layer: WeightedLayer) => (layer.type === 'dense' ? layer.units : layer.filters);

/** Layers whose outputs are sums over all features that they are given. */
export const weightedRule: Rule<WeightedLayer> = {
  likeness: (parent, child) =>
    4 +
    (sizeOf(parent) === sizeOf(child) ? 3 : 0) +
    ('kernel' in parent && 'kernel' in child && parent.kernel.join() !== child.kernel.join() ? 0 : 2) +
    (sameLayer(parent, child) ? 2 : 0),
  chooses: (layer) => !isGrouped(layer),
  kept,
  inserted,
  removed,
};

function kept(
  handover: Handover,
  parent: Placed<WeightedLayer>,
  child: Placed<WeightedLayer>,
  given: Features,
  wanted: Wanted,
): Features {
  const { fold } = handover;
  handover.lost = child.layer.activation === undefined ? parent.layer.activation : undefined;
  const after = (sources: Features['sources']): Features => ({
    parent: parent.outputShape,
    child: child.outputShape,
    sources,
  });
  const from = handover.parent(parent, roleOf(parent.layer));
  const to = handover.parameter(child, roleOf(child.layer));
  const bias = handover.parent(parent, 'bias')?.data;
  const biasTo = handover.parameter(child, 'bias');
  if (child.weightsOf !== child.name)
    return after(handover.outputs.get(child.weightsOf) ?? nothing(parent.outputShape, child.outputShape).sources);
  if (!from || !to) return nothing(parent.outputShape, child.outputShape);
  if (isGrouped(parent.layer) || isGrouped(child.layer)) return grouped(handover, parent, child, given);
  const [old, made] = [kernelOf(from.shape, isTurned(parent.layer)), kernelOf(to.shape, isTurned(child.layer))];
  const outputs = wanted ?? chosen(old.outputs, made.outputs, handover.importance.made.get(parent.name));
  handover.outputs.set(child.name, outputs);
  // Of an input that nothing is known of, nothing can be handed down.
  if (!holdsSomething(given)) return after(outputs);
  const data = handover.fresh(to);
  const [down, right] = [middle(old.height) - middle(made.height), middle(old.width) - middle(made.width)];
  const biases = biasTo && handover.fresh(biasTo);
  const constant = Array.from({ length: old.outputs }, () => 0);
  // What a constant in the inputs comes to.
  const shift = (output: number) =>
    (given.constant ?? []).reduce(
      (sum, value, input) => (value === 0 ? sum : sum + value * summed(old, from.data, input, output)),
      0,
    );
  outputs.forEach((sources, output) => {
    const source = mainSource(sources);
    if (source === undefined || source >= old.outputs) return;
    const scale = fold?.scale[source] ?? 1;
    for (let row = 0; row < made.height; row++)
      for (let column = 0; column < made.width; column++) {
        const [oldRow, oldColumn] = [row + down, column + right];
        const inside = oldRow >= 0 && oldRow < old.height && oldColumn >= 0 && oldColumn < old.width;
        for (let input = 0; input < made.inputs; input++) {
          let sum = 0;
          if (inside)
            for (const { from: feature, share } of given.sources[input] ?? NONE)
              if (feature < old.inputs) sum += share * (from.data[old.index(oldRow, oldColumn, feature, source)] ?? 0);
          data[made.index(row, column, input, output)] = scale * sum;
        }
      }
    const own = scale * ((bias?.[source] ?? 0) + shift(source)) + (fold?.offset[source] ?? 0);
    if (biases) biases[output] = own;
    else constant[source] = own;
  });
  handover.give(to, data);
  if (biasTo && biases) handover.give(biasTo, biases);
  return { ...after(outputs), ...(!biases && child.layer.activation === undefined && { constant }) };
}

/** Which features of the parent's output the child's holds: all, and further ones of its own, or as many of the most important as it can. */
export function chosen(old: number, made: number, importance: readonly number[] | undefined): Features['sources'] {
  const indices = Array.from({ length: old }, (_, index) => index);
  const held = made >= old || !importance ? indices.slice(0, made) : mostImportant(importance, made);
  return Array.from({ length: made }, (_, index) => {
    const from = held[index];
    return from === undefined ? NONE : copy(from);
  });
}

/** What reads groups of features is handed down only as it is. */
function grouped(handover: Handover, parent: Placed<WeightedLayer>, child: Placed<WeightedLayer>, given: Features): Features {
  const groups = (layer: WeightedLayer) => ('groups' in layer ? layer.groups : 1);
  if (!isIdentity(given) || groups(parent.layer) !== groups(child.layer) || !gaveAll(handover, parent, child))
    return nothing(parent.outputShape, child.outputShape);
  const width = widthOf(child.outputShape);
  return { parent: parent.outputShape, child: child.outputShape, sources: chosen(width, width, undefined) };
}

/** Its outputs are the parent's features, as the child has them, one each: the identity, where nothing else was taken away. */
function inserted(handover: Handover, child: Placed<WeightedLayer>, given: Features, wanted: Wanted): Features {
  const after = (sources: Features['sources']): Features => ({ parent: given.parent, child: child.outputShape, sources });
  if (child.weightsOf !== child.name)
    return after(handover.outputs.get(child.weightsOf) ?? nothing(given.parent, child.outputShape).sources);
  const to = handover.parameter(child, roleOf(child.layer));
  if (!to || isGrouped(child.layer) || !holdsSomething(given))
    return wanted ? after(wanted) : nothing(given.parent, child.outputShape);
  const made = kernelOf(to.shape, isTurned(child.layer));
  const width = widthOf(given.parent);
  const covered = new Set(given.sources.flatMap((list) => list.map(({ from }) => from)));
  const readers = handover.readers?.length === width ? handover.readers : undefined;
  // Those that the child has none of are the least important.
  const importance = Array.from({ length: width }, (_, index) => (covered.has(index) ? (readers?.[index] ?? 1) : -1));
  const outputs = wanted ?? chosen(width, made.outputs, importance);
  const data = handover.fresh(to);
  const held = outputs.map((sources): Features['sources'][number] => {
    const source = mainSource(sources);
    return source !== undefined && covered.has(source) ? sources : NONE;
  });
  const place = new Map<number, number>();
  held.forEach((sources, output) => {
    const source = mainSource(sources);
    if (source === undefined) return;
    place.set(source, output);
    for (let row = 0; row < made.height; row++)
      for (let column = 0; column < made.width; column++)
        for (let input = 0; input < made.inputs; input++) data[made.index(row, column, input, output)] = 0;
  });
  given.sources.forEach((sources, input) => {
    for (const { from, share } of sources) {
      const output = place.get(from);
      if (output !== undefined) data[made.index(middle(made.height), middle(made.width), input, output)] = share;
    }
  });
  handover.give(to, data);
  const bias = handover.parameter(child, 'bias');
  if (bias) {
    const biases = handover.fresh(bias);
    for (const [from, output] of place) biases[output] = given.constant?.[from] ?? 0;
    handover.give(bias, biases);
  }
  handover.outputs.set(child.name, wanted ?? held);
  return after(wanted ?? held);
}

function removed(handover: Handover, parent: Placed<WeightedLayer>, given: Features): Features {
  const weight = handover.parent(parent, roleOf(parent.layer));
  const sources = given.sources.reduce((sum, list) => sum + list.length, 0);
  const out = parent.outputShape;
  if (!weight || isGrouped(parent.layer) || sources * widthOf(out) > MOST_PRODUCTS || elements(weight.shape) > MOST_PRODUCTS)
    return nothing(out, given.child);
  const kernel = kernelOf(weight.shape, isTurned(parent.layer));
  const mapped = through(given, out, (input) =>
    Array.from({ length: kernel.outputs }, (_, from) => ({ from, share: summed(kernel, weight.data, input, from) })),
  );
  if (parent.layer.activation !== undefined) return mapped;
  const bias = handover.parent(parent, 'bias')?.data;
  const before = given.constant ?? [];
  const constant = Array.from({ length: kernel.outputs }, (_, output) =>
    before.reduce(
      (sum, value, input) => (value === 0 ? sum : sum + value * summed(kernel, weight.data, input, output)),
      bias?.[output] ?? 0,
    ),
  );
  return { ...mapped, constant };
}
