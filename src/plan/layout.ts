import { LimitError } from '../core/errors.ts';
import type { Gpu } from '../gpu/gpu.ts';
import { bindingLimit } from '../gpu/limits.ts';
import { parametersBehind } from '../graph/sources.ts';
import type { Tensor } from '../graph/tensor.ts';
import type { VariantChoice } from '../kernels/family.ts';
import type { UpdateRule } from '../kernels/optimizer.ts';
import type { Schedule } from '../kernels/schedule.ts';
import { type LoweredDispatch, type LoweredGraph, lower, type Precision, pendingFamilies } from './lower.ts';
import { type MemoryPlan, planMemory } from './memory.ts';
import { checkParameters, type ParameterStoreOptions } from './parameter-groups.ts';
import type { Storage } from './storage.ts';

/** What an optimizer does with gradients. */
export interface Update {
  readonly gradients: readonly { parameter: Tensor; gradient: Tensor }[];
  readonly optimizer: UpdateRule;
  readonly schedule: Schedule;
  /** The largest norm that all gradients of a replica may have together [any]. */
  readonly clipNorm?: number;
  /** Keep a moving average of each parameter, of which a step leaves this share at the most [none]. */
  readonly averageDecay?: number;
  /** Of which parameters a number that is 0 stays 0 [none]. */
  readonly keepsZeros?: (parameter: Tensor) => boolean;
  /** Of parameters whose elements share numbers which one each has, 0 for an element that is 0 [none]. */
  readonly codesOf?: (parameter: Tensor) => Uint16Array | undefined;
}

/** A graph to be planned. */
export interface GraphOptions {
  readonly replicas: number;
  /** Tensors to be read after a run. */
  readonly outputs: readonly Tensor[];
  /** What an optimizer does at the end of each run. */
  readonly update?: Update;
  /** Kernel variants by family, instead of the preferred ones. */
  readonly choice?: VariantChoice;
  /** Let tensors share memory by lifetime [true]. */
  readonly share?: boolean;
  /** ['f32'] */
  readonly precision?: Precision;
  /** Leave what follows from parameters alone to the plan's `preparation`, which is due when these have changed [false: each run makes it]. */
  readonly prepares?: boolean;
}

/** A graph lowered for an adapter, with a placement of each tensor: all that can be decided before anything is allocated. */
export interface GraphLayout {
  readonly graph: GraphOptions;
  readonly lowered: LoweredGraph;
  readonly memory: MemoryPlan;
  /** How many of the dispatches, the first ones, are preparation. */
  readonly prepared: number;
}

/**
 * Loads the kernels that a graph may be lowered to on an adapter, with any choice of variants; to be called before it is. `served`: only those
 * that the preferred variants need.
 */
export async function loadFamilies(
  gpu: Gpu,
  { outputs, update, replicas, precision }: GraphOptions,
  { served = false }: { readonly served?: boolean } = {},
): Promise<void> {
  const options = { capabilities: gpu.capabilities, replicas, choice: {}, precision };
  const pending = () => pendingFamilies(outputs, update?.gradients ?? [], options, served);
  for (let loads = pending(); loads.length > 0; loads = pending()) await Promise.all(loads.map((load) => load()));
}

/** Throws a LimitError where the adapter is too small. `loadFamilies` first. */
export function layOut(gpu: Gpu, graph: GraphOptions): GraphLayout {
  const inOrder = lowerOn(gpu, graph);
  const prepared = graph.prepares ? inOrder.dispatches.filter(({ constant }) => constant) : [];
  const each = inOrder.dispatches.filter((dispatch) => !prepared.includes(dispatch));
  const lowered = { ...inOrder, dispatches: [...prepared, ...each] };
  // What was prepared stays from run to run.
  const kept = new Set(graph.outputs.map((tensor) => lowered.placements.of(tensor).storage));
  for (const dispatch of prepared) for (const storage of writtenBy(dispatch)) kept.add(storage);
  const memory = planMemory(lowered.dispatches, kept, {
    alignment: Math.max(256, gpu.limits.minStorageBufferOffsetAlignment),
    maxArenaBytes: gpu.limits.maxBufferSize,
    binding: bindingLimit(gpu),
    share: graph.share,
  });
  return { graph, lowered, memory, prepared: prepared.length };
}

function writtenBy({ kernel, bound }: LoweredDispatch): Storage[] {
  return bound.flatMap((item, binding) => (kernel.bindings[binding] === 'write' && item && item !== 'state' ? [item] : []));
}

/** The dispatches of a graph on an adapter. Throws a LimitError where what one binds is too large for it. */
export function lowerOn(gpu: Gpu, { outputs, update, replicas, choice = {}, precision }: GraphOptions): LoweredGraph {
  const { capabilities } = gpu;
  return lower(outputs, update?.gradients ?? [], { capabilities, replicas, choice, binding: bindingLimit(gpu), precision });
}

/** The layout of a graph where a plan of it, with its parameters, keeps to the adapter's limits. */
export function layoutThatFits(gpu: Gpu, graph: GraphOptions): GraphLayout | undefined {
  try {
    const layout = layOut(gpu, graph);
    const gradients = (graph.update?.gradients ?? []).map(({ gradient }) => gradient);
    checkParameters(gpu, parametersBehind([...graph.outputs, ...gradients]), storeOptions(layout));
    return layout;
  } catch (error) {
    if (error instanceof LimitError) return undefined;
    throw error;
  }
}

/** What the parameters of a graph take: a gradient and moments where an optimizer changes them. */
export function storeOptions({ graph: { replicas, update, precision }, lowered }: GraphLayout): ParameterStoreOptions {
  const written = new Set(lowered.dispatches.flatMap(writtenBy));
  return {
    replicas,
    isMoved: (parameter) => written.has(lowered.placements.of(parameter).storage),
    splits: new Map(lowered.gradients.map(({ parameter, splits }) => [parameter, splits])),
    moments: update?.optimizer.moments ?? 0,
    averaged: update?.averageDecay !== undefined,
    decay: update?.optimizer.decay,
    keepsZeros: update?.keepsZeros,
    roundings: lowered.roundings,
    precision,
  };
}
