import type { Shape } from '../../core/value.ts';
import type { ResolvedLayer } from '../../model/resolve.ts';
import type { BranchLayer, GateLayer, MergeLayer, RepeatLayer, ResidualLayer } from '../../model/types.ts';
import { concatenated, type Features, NONE, nothing, widthOf } from '../features.ts';
import type { Handover, Placed, Rule, Wanted } from '../rule.ts';
import { sameLayer } from './same.ts';

/** What layers that are to add nothing are multiplied by: not 0, at which a ReLU behind them would never learn. */
const TINY = 1e-6;

type Lists = readonly (readonly ResolvedLayer[])[];

const endOf = (list: readonly ResolvedLayer[], input: Shape): Shape => list.at(-1)?.outputShape ?? input;

export const residualRule: Rule<ResidualLayer> = {
  likeness: (parent, child) => (sameLayer(parent, child) ? 7 : 5),
  chooses: ({ shortcut }) => shortcut !== undefined,
  kept(handover, parent, child, given, wanted) {
    const [[before = [], around = []], [inner = [], shortcut = []]] = [parent.inner, child.inner];
    const beside = around.length + shortcut.length > 0 ? handover.through(around, shortcut, given, wanted) : given;
    handover.through(before, inner, given, beside.sources);
    return at(beside, parent.outputShape, child.outputShape);
  },
  inserted(handover, child, given, wanted) {
    const [inner = [], shortcut = []] = child.inner;
    const beside = shortcut.length > 0 ? handover.through([], shortcut, given, wanted) : given;
    addNothing(handover, inner);
    return at(beside, given.parent, child.outputShape);
  },
  removed(handover, parent, given) {
    const [, shortcut = []] = parent.inner;
    return at(handover.through(shortcut, [], given), parent.outputShape, given.child);
  },
};

export const gateRule: Rule<GateLayer> = {
  likeness: (parent, child) => (sameLayer(parent, child) ? 7 : 5),
  kept(handover, parent, child, given) {
    handover.through(parent.inner[0] ?? [], child.inner[0] ?? [], given, given.sources);
    return at(given, parent.outputShape, child.outputShape);
  },
  inserted: (_handover, child, given) => at(given, given.parent, child.outputShape),
  removed: (_handover, parent, given) => at(given, parent.outputShape, given.child),
};

export const repeatRule: Rule<RepeatLayer> = {
  likeness: (parent, child) => (sameLayer(parent, child) ? 7 : 5),
  kept(handover, parent, child, given) {
    handover.through(parent.inner[0] ?? [], child.inner[0] ?? [], given, given.sources);
    return at(given, parent.outputShape, child.outputShape);
  },
  inserted(handover, child, given) {
    handover.through([], child.inner[0] ?? [], given, given.sources);
    return at(given, given.parent, child.outputShape);
  },
  removed: (_handover, parent, given) => at(given, parent.outputShape, given.child),
};

export const branchRule: Rule<BranchLayer> = {
  likeness: (parent, child) => (sameLayer(parent, child) ? 7 : parent.paths.length === child.paths.length ? 5 : 4),
  chooses: () => true,
  kept(handover, parent, child, given, wanted) {
    const [old, made] = [widths(parent), widths(child)];
    let [from, to] = [0, 0];
    const parts = child.inner.map((list, index): Features => {
      const before = parent.inner[index];
      const [wide, narrow] = [old[index] ?? 0, made[index] ?? 0];
      const asked = wanted?.slice(to, to + narrow).map((sources) => within(sources, from, wide));
      [from, to] = [from + wide, to + narrow];
      if (!before) return nothing([0], endOf(list, child.inputShape));
      return handover.through(before, list, given, asked);
    });
    return at(concatenated(parts, parent.outputShape, child.outputShape), parent.outputShape, child.outputShape);
  },
  /** Its paths share the parent's features among them. */
  inserted(handover, child, given, wanted) {
    const held = wanted ?? given.sources;
    let to = 0;
    const sources = child.inner.flatMap((list, index) => {
      const width = widths(child)[index] ?? 0;
      const asked = Array.from({ length: width }, (_, at) => held[to + at] ?? NONE);
      to += width;
      if (list.length === 0) return given.sources;
      return handover.through([], list, given, asked).sources;
    });
    return { parent: given.parent, child: child.outputShape, sources };
  },
  removed(handover, parent, given) {
    const parts = parent.inner.map((list) => handover.through(list, [], given));
    const [first] = parts;
    if (!first) return given;
    let offset = 0;
    const offsets = widths(parent).map((width) => {
      offset += width;
      return offset - width;
    });
    const sources = given.sources.map((_, feature) =>
      parts.flatMap((part, index) =>
        (part.sources[feature] ?? NONE).map(({ from, share }) => ({ from: from + (offsets[index] ?? 0), share })),
      ),
    );
    return { parent: parent.outputShape, child: given.child, sources };
  },
};

export const mergeRule: Rule<MergeLayer> = {
  likeness: (parent, child) => (parent.kind !== child.kind ? 0 : sameLayer(parent, child) ? 7 : 5),
  chooses: () => true,
  kept(handover, parent, child, given, wanted) {
    const first = handover.through(parent.inner[0] ?? [], child.inner[0] ?? [], given, wanted);
    child.inner.slice(1).forEach((list, index) => {
      const before = parent.inner[index + 1];
      if (before) handover.through(before, list, given, first.sources);
      else if (child.layer.kind === 'add') addNothing(handover, list);
    });
    return at(first, parent.outputShape, child.outputShape);
  },
  inserted(handover, child, given, wanted) {
    const [list = [], ...others] = child.inner;
    const first = handover.through([], list, given, wanted ?? given.sources);
    if (child.layer.kind === 'add') for (const other of others) addNothing(handover, other);
    return at(first, given.parent, child.outputShape);
  },
  removed: (handover, parent, given) => at(handover.through(parent.inner[0] ?? [], [], given), parent.outputShape, given.child),
};

/** The same features, in tensors of these shapes; nothing where they are not as many. */
function at(features: Features, parent: Shape, child: Shape): Features {
  if (features.sources.length !== widthOf(child)) return nothing(parent, child);
  return { ...features, parent, child };
}

function widths({ inner, inputShape }: Placed<BranchLayer>): number[] {
  return (inner as Lists).map((list) => widthOf(endOf(list, inputShape)));
}

/** Those sources that lie in a part of the features, counted in it. */
function within(sources: Features['sources'][number], offset: number, width: number): NonNullable<Wanted>[number] {
  return sources.flatMap(({ from, share }) => (from >= offset && from < offset + width ? [{ from: from - offset, share }] : []));
}

/** Makes the outputs of layers almost 0, where the last that has weights can. */
function addNothing(handover: Handover, layers: readonly ResolvedLayer[]): void {
  const last = layers.filter(({ parameters }) => parameters.length > 0).at(-1);
  if (!last) return;
  for (const parameter of last.parameters) {
    const role = parameter.name.slice(last.name.length + 1);
    if (role === 'mean' || role === 'variance' || role === 'slope') continue;
    const factor = role === 'bias' || role === 'offset' ? 0 : TINY;
    handover.give(
      parameter,
      handover.fresh(parameter).map((value) => factor * value),
    );
  }
}
