import type { Shape } from '../core/value.ts';
import type { Gpu } from '../gpu/gpu.ts';
import { bindingLimit } from '../gpu/limits.ts';
import { parameterAttributes } from '../graph/sources.ts';
import { replicaStride, type Tensor } from '../graph/tensor.ts';
import { HEAD_WORDS, type Segment, segmentWords } from '../kernels/segment-table.ts';
import type { Precision } from './lower.ts';
import { checkStorage } from './storage.ts';

export interface ParameterStoreOptions {
  readonly replicas: number;
  /** Partial sums of each parameter's gradient; a parameter that is not named has no gradient and is not updated. */
  readonly splits: ReadonlyMap<Tensor, number>;
  /** Whether kernels move a parameter, such as running statistics: it lies apart from those that a dispatch only reads [none]. */
  readonly isMoved?: (parameter: Tensor) => boolean;
  readonly moments: 0 | 1 | 2;
  /** Whether a moving average is kept of each parameter that is trained [false]. */
  readonly averaged?: boolean;
  /** Decoupled decay of a parameter of this shape [0]. */
  readonly decay?: (shape: Shape) => number;
  /** Of which parameters a number that is 0 stays 0 [none]. */
  readonly keepsZeros?: (parameter: Tensor) => boolean;
  /** ['f32'] */
  readonly precision?: Precision;
}

/** Where a parameter's value and gradient begin in its group, in elements. */
export interface GroupMember {
  readonly parameter: Tensor;
  readonly value: number;
  readonly gradient: number;
}

/** Parameters whose values, gradients and table fit one binding each; sizes of values and gradients in elements, of the table in words. */
export interface GroupLayout {
  readonly members: GroupMember[];
  values: number;
  gradients: number;
  table: number;
}

/** Bytes to which each parameter is aligned: what WebGPU asks of a binding's offset. */
const ALIGNMENT = 256;

/** Those that are updated, those that kernels move, and the others, in as few groups as the adapter's bindings allow. Throws a LimitError where one alone is too large. */
export function groupParameters(gpu: Gpu, parameters: readonly Tensor[], options: ParameterStoreOptions): GroupLayout[] {
  checkParameters(gpu, parameters, options);
  const limit = Math.floor(bindingLimit(gpu).bytes / 4);
  const trained = parameters.filter((parameter) => options.splits.has(parameter));
  const others = parameters.filter((parameter) => !options.splits.has(parameter));
  const isMoved = (parameter: Tensor) => options.isMoved?.(parameter) ?? false;
  const groups = [trained, others.filter(isMoved), others.filter((parameter) => !isMoved(parameter))];
  return groups.flatMap((group) => partition(group, options, limit));
}

/** Throws a LimitError where a parameter, or what belongs to it, does not fit one binding. */
export function checkParameters(gpu: Gpu, parameters: readonly Tensor[], options: ParameterStoreOptions): void {
  const binding = bindingLimit(gpu);
  for (const parameter of parameters) {
    const { name } = parameterAttributes(parameter);
    const { values, gradients, table } = sizesOf(parameter, options);
    checkStorage(() => `The parameter ${name}`, { label: name, kind: 'parameter', elements: values }, binding);
    const gradient = { label: name, kind: 'gradient' as const, elements: gradients };
    checkStorage(() => `The gradient of parameter ${name}, in partial sums,`, gradient, binding);
    checkStorage(() => `The optimizer's table of parameter ${name}`, { ...gradient, elements: HEAD_WORDS + table }, binding);
  }
}

/** A group as the optimizer's table has it: each replica of each parameter that is updated. */
export function segmentsOf(
  { members }: GroupLayout,
  { replicas, decay, keepsZeros, splits: splitsOf }: ParameterStoreOptions,
): Segment[] {
  return members.flatMap(({ parameter, value, gradient }) => {
    const splits = splitsOf.get(parameter);
    if (splits === undefined) return [];
    const length = replicaStride(parameter);
    const { weightDecay, decays = true } = parameterAttributes(parameter);
    return Array.from({ length: replicas }, (_, replica) => ({
      parameter: value + replica * length,
      length,
      gradient: gradient + replica * splits * length,
      splits,
      distance: length,
      weightDecay,
      decay: decays ? (decay?.(parameter.shape) ?? 0) : 0,
      replica,
      keepsZeros: keepsZeros?.(parameter) ?? false,
    }));
  });
}

function partition(parameters: readonly Tensor[], options: ParameterStoreOptions, limit: number): GroupLayout[] {
  const groups: GroupLayout[] = [];
  for (const parameter of parameters) {
    const { values, gradients, table } = sizesOf(parameter, options);
    let group = groups.at(-1);
    if (!group || group.values + values > limit || group.gradients + gradients > limit || group.table + table > limit) {
      group = { members: [], values: 0, gradients: 0, table: HEAD_WORDS };
      groups.push(group);
    }
    group.members.push({ parameter, value: group.values, gradient: group.gradients });
    group.values += values;
    group.gradients += gradients;
    group.table += table;
  }
  return groups;
}

/** What a parameter takes of a group, over all replicas: elements of values and gradients, words of the optimizer's table. */
function sizesOf(
  parameter: Tensor,
  { replicas, splits, precision }: ParameterStoreOptions,
): { values: number; gradients: number; table: number } {
  const parts = splits.get(parameter);
  const length = replicaStride(parameter);
  const values = align(length * replicas, precision);
  if (parts === undefined) return { values, gradients: 0, table: 0 };
  return { values, gradients: align(length * replicas * parts, precision), table: replicas * segmentWords(length) };
}

/** The next offset for a binding, in elements; it must suit the f16 copies too. */
function align(size: number, precision: Precision | undefined): number {
  const alignment = ALIGNMENT / (precision === 'mixed' ? 2 : 4);
  return Math.ceil(size / alignment) * alignment;
}
