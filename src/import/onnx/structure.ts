import { DataError } from '../../core/errors.ts';
import { branch, gate, merge, residual } from '../../model/containers.ts';
import { join } from '../../model/layers/join.ts';
import { tap } from '../../model/layers/tap.ts';
import type { Layer } from '../../model/types.ts';
import type { IrNode } from './ir.ts';
import { consumersOf } from './order.ts';
import { Tree } from './tree.ts';

/** A layer where it stands, and the node whose weights it has. */
export interface Placed {
  readonly layer: Layer;
  readonly node?: IrNode;
  /** Of a container: what its lists hold. */
  readonly inner: readonly (readonly Placed[])[];
}

/** Containers within containers; ONNX files are flat, so that only their length limits it. */
const MOST_DEPTH = 64;

/** How a node that joins others is told: around the paths from `start` on, or as a join of earlier values with the one before it. */
type Joined =
  | { readonly kind: 'closed'; readonly start: IrNode }
  | { readonly kind: 'taps'; readonly main: IrNode; readonly kept: readonly IrNode[] };

/**
 * The layers of a network, from its nodes in order: a node that joins others becomes a branch, merge, residual or gate around the paths
 * that lead to it from where they part, if they meet nowhere else; else a join of values that taps keep.
 */
export class Structure {
  private readonly consumers: ReadonlyMap<IrNode, readonly IrNode[]>;
  /** Each node behind the one that stands before it in its list of layers, or before that list. */
  private readonly tree = new Tree<IrNode>();
  private readonly indices: ReadonlyMap<IrNode, number>;
  /** How many containers a node's own layer holds, one in the other. */
  private readonly nesting = new Map<IrNode, number>();
  private readonly choices = new Map<IrNode, Joined>();
  private readonly taps = new Map<IrNode, string>();

  constructor(
    private readonly order: readonly IrNode[],
    private readonly layerOf: (node: IrNode) => Layer,
  ) {
    this.consumers = consumersOf(order);
    this.indices = new Map(order.map((node, index) => [node, index]));
    for (const node of order) {
      const { inputs, step } = node;
      const [first, ...others] = inputs;
      if (first === undefined || step.kind === 'layer') {
        this.tree.add(node, first);
        continue;
      }
      const start = this.tree.common(first, others);
      const choice: Joined = this.isClosed(node, start) ? { kind: 'closed', start } : this.joined(node);
      this.choices.set(node, choice);
      this.tree.add(node, choice.kind === 'closed' ? choice.start : choice.main);
    }
  }

  layers(): Placed[] {
    const [input] = this.order;
    const output = this.order.at(-1);
    if (!input || !output) return [];
    const list = this.between(input, output);
    return this.taps.has(input) ? [this.tapped(input), ...list] : list;
  }

  /** What makes `to` of `from`. */
  private between(from: IrNode, to: IrNode): Placed[] {
    const list: Placed[] = [];
    let current = to;
    while (current !== from) {
      if (this.taps.has(current)) list.push(this.tapped(current));
      const { step, inputs, where } = current;
      const [first] = inputs;
      if (!first) throw new DataError(`${where}: there is no way to it from the input of the network`);
      const choice = this.choices.get(current);
      if (!choice) {
        list.push({ layer: this.layerOf(current), node: current, inner: [] });
        current = first;
      } else if (choice.kind === 'closed') {
        const { start } = choice;
        list.push(
          container(
            current,
            inputs.map((input) => this.between(start, input)),
          ),
        );
        current = start;
      } else {
        const kind = step.kind === 'add' ? 'add' : 'concat';
        for (const node of [...choice.kept].reverse()) list.push({ layer: join(this.tapName(node), kind), inner: [] });
        current = choice.main;
      }
    }
    return list.reverse();
  }

  /** Whether the paths from `start` to a node meet nowhere else, and nothing else reads what is in them. */
  private isClosed(node: IrNode, start: IrNode): boolean {
    const owner = new Map<IrNode, number>();
    const open: { readonly at: IrNode; readonly path: number }[] = node.inputs.map((at, path) => ({ at, path }));
    for (let entry = open.pop(); entry; entry = open.pop()) {
      const { at, path } = entry;
      if (at === start) continue;
      if (this.indexOf(at) < this.indexOf(start)) return false;
      const known = owner.get(at);
      if (known === path) continue;
      if (known !== undefined) return false;
      owner.set(at, path);
      // What a join inside takes besides stands before, where it can be seen from here.
      const choice = this.choices.get(at);
      for (const input of choice?.kind === 'taps' ? [choice.main] : at.inputs) open.push({ at: input, path });
    }
    const readers = [...owner.keys()].flatMap((inside) => this.consumers.get(inside) ?? []);
    if (!readers.every((reader) => reader === node || owner.has(reader))) return false;
    const nesting = 1 + [...owner.keys()].reduce((most, inside) => Math.max(most, this.nesting.get(inside) ?? 0), 0);
    if (nesting > MOST_DEPTH) throw new DataError(`${node.where}: its paths hold others, more than ${MOST_DEPTH} deep`);
    this.nesting.set(node, nesting);
    return true;
  }

  /** One input of a node that joins, in the making of which all others stand. */
  private joined({ step, inputs, where }: IrNode): Joined {
    const lead = step.kind === 'concat' ? inputs.slice(0, 1) : step.kind === 'add' ? inputs : [];
    for (const main of lead) {
      const kept = inputs.filter((input) => input !== main);
      if (kept.length === inputs.length - 1 && kept.every((input) => this.tree.comesFrom(input, main)))
        return { kind: 'taps', main, kept };
    }
    throw new DataError(
      `${where}: the paths that lead to it cross other ones, which layers can't say; needed are paths from one value that meet here and nowhere else, ` +
        `or a skip from an earlier value${step.kind === 'concat' ? ', which stands behind the others' : step.kind === 'add' ? '' : ' that is added or concatenated'}`,
    );
  }

  private indexOf(node: IrNode): number {
    return this.indices.get(node) ?? -1;
  }

  private tapName(node: IrNode): string {
    const name = this.taps.get(node) ?? `skip_${this.taps.size + 1}`;
    this.taps.set(node, name);
    return name;
  }

  private tapped(node: IrNode): Placed {
    return { layer: tap(this.tapName(node)), inner: [] };
  }
}

function container({ step, where }: IrNode, paths: readonly Placed[][]): Placed {
  const lists = paths.map(layersOf);
  const [first = [], second = []] = lists;
  switch (step.kind) {
    case 'concat':
      return { layer: branch(...lists), inner: paths };
    case 'gate':
      if (first.length > 0)
        throw new DataError(
          `${where}: it multiplies an image by factors that are made of another value; needed are factors made of the image itself`,
        );
      return { layer: gate(...second), inner: paths.slice(1) };
    case 'multiply': {
      const [empty, full] = first.length === 0 ? [0, 1] : [1, 0];
      if (lists[empty]?.length === 0 && (lists[full]?.length ?? 0) > 0)
        return { layer: gate(...(lists[full] ?? [])), inner: [paths[full] ?? []] };
      return { layer: merge('multiply', ...lists), inner: paths };
    }
    default: {
      // The longer one is what the shorter one is a shortcut of.
      const [short, long] = first.length <= second.length ? [0, 1] : [1, 0];
      const [shortcut = [], layers = []] = [lists[short], lists[long]];
      if (layers.length === 0) return { layer: merge('add', ...lists), inner: paths };
      if (shortcut.length === 0) return { layer: residual(...layers), inner: [paths[long] ?? []] };
      return { layer: residual({ shortcut }, ...layers), inner: [paths[long] ?? [], paths[short] ?? []] };
    }
  }
}

export function layersOf(placed: readonly Placed[]): Layer[] {
  return placed.map(({ layer }) => layer);
}

/** In the order in which a model lists its layers: a container, then what it holds. */
export function flattened(placed: readonly Placed[]): Placed[] {
  return placed.flatMap((one) => [one, ...one.inner.flatMap(flattened)]);
}
