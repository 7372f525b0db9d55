import { elements, type Shape } from '../../core/value.ts';
import type { ExportTensor } from '../../deploy/operations.ts';
import { channelsOf } from '../../graph/tensor.ts';
import { arrange, type Life } from './arena.ts';

/** Where a tensor lies: pixels of `channels` floats, each `stride` floats behind the one before, from `offset` on. */
export interface Layout {
  readonly shape: Shape;
  readonly offset: number;
  readonly stride: number;
}

/** What is placed: the values of a network of any numbers, by who writes and reads them. */
export interface PlacedGraph {
  readonly input: ExportTensor;
  readonly output: ExportTensor;
}

export interface PlacedStep {
  readonly operation: { readonly type: string; readonly inputs: readonly ExportTensor[] };
  readonly inputs: readonly ExportTensor[];
  readonly output: ExportTensor;
  /** The inputs that it may overwrite as it goes. */
  readonly inPlace: readonly ExportTensor[];
}

export interface MemoryPlan {
  /** In floats. */
  readonly arena: number;
  readonly layouts: ReadonlyMap<ExportTensor, Layout>;
  /** What lies in a joined tensor without a copy. */
  readonly joined: readonly Part[];
}

/** Memory that one tensor takes, or several: those of other shapes, and those that are changed in place. */
interface Storage {
  readonly pixels: number;
  readonly channels: number;
  readonly tensors: ExportTensor[];
  /** The joined tensor that it is a part of, and its first channel there. */
  within: { readonly storage: Storage; readonly channel: number } | undefined;
  readonly parts: Storage[];
}

/** An input of a concatenation, by what comes out and its number. */
type Part = `${string} ${number}`;

/**
 * Places the values of one inference in an arena, by the rules of `peakActivationBytes` (src/model/memory.ts): what works element by
 * element changes its input where nobody else needs it, and what is joined is written side by side from the start, unless a copy at the
 * end takes less memory, since the joined tensor is there from its first part on.
 */
export function planMemory(graph: PlacedGraph, steps: readonly PlacedStep[]): MemoryPlan {
  const copied = new Set<Part>();
  let best = new Planner(graph, steps, copied).plan();
  for (const part of best.joined) {
    copied.add(part);
    const plan = new Planner(graph, steps, copied).plan();
    if (plan.arena < best.arena) best = plan;
    else copied.delete(part);
  }
  return best;
}

class Planner {
  private readonly storages = new Map<ExportTensor, Storage>();
  private readonly written = new Map<ExportTensor, number>();
  private readonly read = new Map<ExportTensor, number>();
  private readonly joined: Part[] = [];

  constructor(
    private readonly graph: PlacedGraph,
    private readonly steps: readonly PlacedStep[],
    private readonly copied: ReadonlySet<Part>,
  ) {
    this.written.set(graph.input, -1);
    steps.forEach(({ inputs, output }, index) => {
      this.written.set(output, index);
      for (const input of inputs) this.read.set(input, index);
    });
    this.read.set(graph.output, steps.length);
  }

  plan(): MemoryPlan {
    this.hold(this.graph.input);
    this.steps.forEach((step, index) => {
      const { output, operation } = step;
      const free = step.inPlace.find((input) => this.isFree(input, index));
      if (operation.type === 'reshape') this.share(output, operation.inputs[0] ?? output);
      else if (free) this.share(output, free);
      else this.hold(output);
      if (operation.type === 'concat') this.join(operation.inputs, output);
    });
    const roots = [...new Set(this.storages.values())].filter(({ within }) => within === undefined);
    const { offsets, size } = arrange(
      roots.map((storage) => ({ size: storage.pixels * storage.channels, life: this.lifeOf(storage) })),
    );
    const starts = new Map(roots.map((storage, index) => [storage, offsets[index] ?? 0]));
    const layouts = new Map([...this.storages].map(([tensor, storage]) => [tensor, layoutOf(tensor, storage, starts)]));
    return { arena: size, layouts, joined: this.joined };
  }

  private hold(tensor: ExportTensor): void {
    const channels = channelsOf(tensor.shape);
    const pixels = elements(tensor.shape) / channels;
    this.storages.set(tensor, { pixels, channels, tensors: [tensor], within: undefined, parts: [] });
  }

  private share(tensor: ExportTensor, other: ExportTensor): void {
    const storage = this.storageOf(other);
    storage.tensors.push(tensor);
    this.storages.set(tensor, storage);
  }

  private storageOf(tensor: ExportTensor): Storage {
    const storage = this.storages.get(tensor);
    if (!storage) throw new Error(`${tensor.name} is read before it is written`);
    return storage;
  }

  /** Whether nobody reads a tensor's memory after a step. */
  private isFree(tensor: ExportTensor, step: number): boolean {
    const storage = this.storageOf(tensor);
    return storage.within === undefined && this.lifeOf(storage).last <= step;
  }

  private lifeOf({ tensors, parts }: Storage): Life {
    const lives = [
      ...tensors.map((tensor) => {
        const first = this.written.get(tensor) ?? -1;
        return { first, last: this.read.get(tensor) ?? first };
      }),
      ...parts.map((part) => this.lifeOf(part)),
    ];
    return { first: Math.min(...lives.map(({ first }) => first)), last: Math.max(...lives.map(({ last }) => last)) };
  }

  /** Puts the tensors, where they may lie there, side by side into the memory of what joins them. */
  private join(inputs: readonly ExportTensor[], output: ExportTensor): void {
    const joined = this.storageOf(output);
    let channel = 0;
    inputs.forEach((input, index) => {
      const storage = this.storageOf(input);
      const part: Part = `${output.name} ${index}`;
      if (!this.copied.has(part) && this.mayLie(storage, input, joined)) {
        storage.within = { storage: joined, channel };
        joined.parts.push(storage);
        this.joined.push(part);
      }
      channel += channelsOf(input.shape);
    });
  }

  private mayLie(storage: Storage, input: ExportTensor, joined: Storage): boolean {
    // The caller's input and output are rows without gaps.
    const kept = [this.graph.input, this.graph.output].some((tensor) => this.storages.get(tensor) === storage);
    if (kept || storage.within || channelsOf(input.shape) * joined.pixels !== storage.pixels * storage.channels) return false;
    return (
      joined.pixels === 1 || everyTensor(storage).every((own) => elements(own.shape) / channelsOf(own.shape) === joined.pixels)
    );
  }
}

/** Those of a storage and of its parts. */
function everyTensor({ tensors, parts }: Storage): ExportTensor[] {
  return [...tensors, ...parts.flatMap(everyTensor)];
}

function layoutOf({ shape }: ExportTensor, storage: Storage, starts: ReadonlyMap<Storage, number>): Layout {
  let offset = 0;
  let root = storage;
  // What lies in one pixel has no gaps: pixels are as far apart as in the largest tensor around that has several.
  let apart = storage;
  for (; root.within; root = root.within.storage) {
    offset += root.within.channel;
    if (root.within.storage.pixels > 1) apart = root.within.storage;
  }
  const stride = apart === storage ? channelsOf(shape) : apart.channels;
  return { shape, offset: offset + (starts.get(root) ?? 0), stride };
}
