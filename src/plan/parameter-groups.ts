import type { Shape } from '../core/value.ts';
import type { Gpu } from '../gpu/gpu.ts';
import { bindingLimit } from '../gpu/limits.ts';
import type { Rounding } from '../graph/operation.ts';
import { parameterAttributes } from '../graph/sources.ts';
import { replicaStride, type Tensor } from '../graph/tensor.ts';
import { HEAD_WORDS, segmentWords } from '../kernels/segment-table.ts';
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
  /** Parameters of which each run makes a rounded copy [none]. */
  readonly roundings?: readonly Rounding[];
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
  return groups.flatMap((group) => partition(together(group, options), options, limit));
}

/** What must lie in one group: weights and the scales by which they are rounded. */
function together(parameters: readonly Tensor[], { roundings = [] }: ParameterStoreOptions): Tensor[][] {
  const scaleOf = new Map(roundings.map(({ weights, logScale }) => [weights, logScale]));
  const scales = new Set(scaleOf.values());
  return parameters
    .filter((parameter) => !scales.has(parameter))
    .map((parameter) => {
      const scale = scaleOf.get(parameter);
      return scale ? [parameter, scale] : [parameter];
    });
}

/** Throws a LimitError where a parameter, or what belongs to it, does not fit one binding. */
export function checkParameters(gpu: Gpu, parameters: readonly Tensor[], options: ParameterStoreOptions): void {
  const binding = bindingLimit(gpu);
  for (const unit of together(parameters, options)) {
    const [parameter] = unit;
    if (!parameter) continue;
    const { name } = parameterAttributes(parameter);
    const { values, gradients, table } = sizesOf(unit, options);
    checkStorage(() => `The parameter ${name}`, { label: name, kind: 'parameter', elements: values }, binding);
    const gradient = { label: name, kind: 'gradient' as const, elements: gradients };
    checkStorage(() => `The gradient of parameter ${name}, in partial sums,`, gradient, binding);
    checkStorage(() => `The optimizer's table of parameter ${name}`, { ...gradient, elements: HEAD_WORDS + table }, binding);
  }
}

function partition(units: readonly Tensor[][], options: ParameterStoreOptions, limit: number): GroupLayout[] {
  const groups: GroupLayout[] = [];
  for (const unit of units) {
    const { values, gradients, table } = sizesOf(unit, options);
    let group = groups.at(-1);
    if (!group || group.values + values > limit || group.gradients + gradients > limit || group.table + table > limit) {
      group = { members: [], values: 0, gradients: 0, table: HEAD_WORDS };
      groups.push(group);
    }
    for (const parameter of unit) {
      const own = sizeOf(parameter, options);
      group.members.push({ parameter, value: group.values, gradient: group.gradients });
      group.values += own.values;
      group.gradients += own.gradients;
      group.table += own.table;
    }
  }
  return groups;
}

type Size = Pick<GroupLayout, 'values' | 'gradients' | 'table'>;

/** What parameters that lie together take of a group. */
function sizesOf(unit: readonly Tensor[], options: ParameterStoreOptions): Size {
  const sizes = unit.map((parameter) => sizeOf(parameter, options));
  const sum = (pick: (size: Size) => number) => sizes.reduce((total, size) => total + pick(size), 0);
  return { values: sum(({ values }) => values), gradients: sum(({ gradients }) => gradients), table: sum(({ table }) => table) };
}

/** What a parameter takes of a group, over all replicas: elements of values and gradients, words of the optimizer's table. */
function sizeOf(parameter: Tensor, { replicas, splits, precision }: ParameterStoreOptions): Size {
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
