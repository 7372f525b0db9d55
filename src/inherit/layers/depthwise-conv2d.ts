import type { DepthwiseConv2dLayer } from '../../model/layers/depthwise-conv2d.ts';
import { type Features, mainSource, NONE, nothing, through } from '../features.ts';
import { kernelOf, middle, summed } from '../kernel.ts';
import type { Handover, Placed, Rule } from '../rule.ts';
import { sameLayer } from './same.ts';

/** Each feature has filters of its own, which go where it goes. */
export const depthwiseConv2dRule: Rule<DepthwiseConv2dLayer> = {
  likeness: (parent, child) => 4 + (parent.kernel.join() === child.kernel.join() ? 2 : 0) + (sameLayer(parent, child) ? 2 : 0),
  kept,
  inserted,
  removed,
};

function kept(
  handover: Handover,
  parent: Placed<DepthwiseConv2dLayer>,
  child: Placed<DepthwiseConv2dLayer>,
  given: Features,
): Features {
  const { fold } = handover;
  handover.lost = child.layer.activation === undefined ? parent.layer.activation : undefined;
  const [from, to] = [handover.parent(parent, 'filter'), handover.parameter(child, 'filter')];
  const [each, count] = [parent.layer.multiplier, child.layer.multiplier];
  const sources = given.sources.flatMap((list) =>
    Array.from({ length: count }, (_, index) =>
      index < each ? list.map((source) => ({ from: source.from * each + index, share: source.share })) : NONE,
    ),
  );
  const after = { parent: parent.outputShape, child: child.outputShape, sources };
  if (!from || !to) return child.weightsOf === child.name ? nothing(parent.outputShape, child.outputShape) : after;
  const [old, made] = [kernelOf(from.shape), kernelOf(to.shape)];
  const bias = handover.parent(parent, 'bias')?.data;
  const biasTo = handover.parameter(child, 'bias');
  const data = handover.fresh(to);
  const biases = biasTo && handover.fresh(biasTo);
  const constant = Array.from({ length: old.outputs }, () => 0);
  const [down, right] = [middle(old.height) - middle(made.height), middle(old.width) - middle(made.width)];
  sources.forEach((list, output) => {
    const source = mainSource(list);
    if (source === undefined) return;
    const scale = fold?.scale[source] ?? 1;
    for (let row = 0; row < made.height; row++)
      for (let column = 0; column < made.width; column++) {
        const [oldRow, oldColumn] = [row + down, column + right];
        const inside = oldRow >= 0 && oldRow < old.height && oldColumn >= 0 && oldColumn < old.width;
        const value = inside ? (from.data[old.index(oldRow, oldColumn, 0, source)] ?? 0) : 0;
        data[made.index(row, column, 0, output)] = scale * value;
      }
    const before = given.constant?.[Math.floor(source / each)] ?? 0;
    const shift = before === 0 ? 0 : before * summed(old, from.data, 0, source);
    const own = scale * ((bias?.[source] ?? 0) + shift) + (fold?.offset[source] ?? 0);
    if (biases) biases[output] = own;
    else constant[source] = own;
  });
  handover.give(to, data);
  if (biasTo && biases) handover.give(biasTo, biases);
  return { ...after, ...(!biases && child.layer.activation === undefined && { constant }) };
}

/** The first filter of each feature leaves it as it is. */
function inserted(handover: Handover, child: Placed<DepthwiseConv2dLayer>, given: Features): Features {
  const { multiplier } = child.layer;
  const sources = given.sources.flatMap((list) => Array.from({ length: multiplier }, (_, index) => (index === 0 ? list : NONE)));
  const { parent, constant } = given;
  const passes = child.layer.activation === undefined && constant;
  const after = { parent, child: child.outputShape, sources, ...(passes && { constant }) };
  const to = handover.parameter(child, 'filter');
  if (!to) return after;
  const made = kernelOf(to.shape);
  const data = handover.fresh(to);
  const bias = handover.parameter(child, 'bias');
  const biases = bias && handover.fresh(bias);
  sources.forEach((list, output) => {
    if (list.length === 0) return;
    for (let row = 0; row < made.height; row++)
      for (let column = 0; column < made.width; column++)
        data[made.index(row, column, 0, output)] = row === middle(made.height) && column === middle(made.width) ? 1 : 0;
    if (biases) biases[output] = 0;
  });
  handover.give(to, data);
  if (bias && biases) handover.give(bias, biases);
  return after;
}

function removed(handover: Handover, parent: Placed<DepthwiseConv2dLayer>, given: Features): Features {
  const filter = handover.parent(parent, 'filter');
  const { multiplier } = parent.layer;
  if (!filter) return nothing(parent.outputShape, given.child);
  const kernel = kernelOf(filter.shape);
  const mapped = through(given, parent.outputShape, (input) =>
    Array.from({ length: multiplier }, (_, index) => {
      const from = input * multiplier + index;
      return { from, share: summed(kernel, filter.data, 0, from) };
    }),
  );
  if (parent.layer.activation !== undefined) return mapped;
  const bias = handover.parent(parent, 'bias')?.data;
  const constant = Array.from({ length: kernel.outputs }, (_, output) => {
    const before = given.constant?.[Math.floor(output / multiplier)] ?? 0;
    return (bias?.[output] ?? 0) + (before === 0 ? 0 : before * summed(kernel, filter.data, 0, output));
  });
  return { ...mapped, constant };
}
