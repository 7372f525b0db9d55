import { elements } from '../core/value.ts';
import type { Capabilities } from '../gpu/gpu.ts';
import type { Kernel } from '../gpu/kernel.ts';
import type { BindingLimit } from '../gpu/limits.ts';
import { type HalfCopy, type Lowering, type Operand, type Rounding, type Scratch, STATE } from '../graph/operation.ts';
import { parameterAttributes } from '../graph/sources.ts';
import { contiguous, type Node, replicaStride, type Tensor, topological } from '../graph/tensor.ts';
import { buildKernel, type Decision, decisionOf, type Family, type VariantChoice } from '../kernels/family.ts';
import { mapFamily, sumSplitsFamily } from '../kernels/forward.ts';
import { APART, chooseFused, type FusedFamily } from '../kernels/fused.ts';
import type { ElementType } from '../kernels/view.ts';
import { Placements } from './placements.ts';
import { checkStorage, type Storage, type StorageKind } from './storage.ts';

/** What a dispatch binds, before anything is allocated. */
export type Bound = Storage | typeof STATE | undefined;

export interface LoweredDispatch {
  readonly kernel: Kernel;
  readonly bound: readonly Bound[];
  /** Which variant serves and why; absent where a family has one way only. */
  readonly decision?: Decision;
  /** The same of a fused family, whose parts could be dispatched apart instead. */
  readonly fused?: Decision;
  /** Whether all that it reads follows from parameters alone. */
  readonly constant?: boolean;
}

/** A gradient where the optimizer finds it: partial sums [replica, split, length rounded up to 4]. */
export interface LoweredGradient {
  readonly parameter: Tensor;
  readonly storage: Storage;
  readonly splits: number;
}

/** Weights that each run rounds first, into memory beside the parameters. */
export interface LoweredRounding extends Rounding {
  readonly storage: Storage;
}

/** Work that one fused kernel did, or several: the dispatches from `first` to before `end`. */
export interface LoweredFusion {
  /** Its variant is APART where several kernels do the work. */
  readonly decision: Decision;
  readonly first: number;
  readonly end: number;
}

export interface LoweredGraph {
  readonly dispatches: readonly LoweredDispatch[];
  readonly fusions: readonly LoweredFusion[];
  readonly placements: Placements;
  readonly gradients: readonly LoweredGradient[];
  /** The f16 copies of parameters that dispatches bind. */
  readonly halves: ReadonlyMap<Tensor, Storage>;
  readonly roundings: readonly LoweredRounding[];
  /** The variants that serve, by family, in the order of the dispatches. */
  readonly variants: Readonly<Record<string, readonly string[]>>;
}

export interface LoweringOptions {
  readonly capabilities: Capabilities;
  readonly replicas: number;
  readonly choice: VariantChoice;
  /** What each binding must keep to [nothing, where no adapter is meant]. */
  readonly binding?: BindingLimit;
  /** ['f32'] */
  readonly precision?: Precision;
}

/** Of activations, and of weights as factors of products: f32, or f16 beside parameters, gradients and sums in f32. */
export type Precision = 'f32' | 'mixed';

/**
 * Turns a graph into an ordered list of dispatches. `outputs` stay readable to the end; the gradient of each parameter in
 * `updates` is left where the optimizer finds it. Throws a LimitError where what a dispatch binds, or its workgroups, are too large.
 */
export function lower(
  outputs: readonly Tensor[],
  updates: readonly { parameter: Tensor; gradient: Tensor }[],
  options: LoweringOptions,
): LoweredGraph {
  // Gradients of late layers first: so each is made as soon as its argument exists, and the argument's memory is free sooner.
  const order = topological([...outputs, ...updates.map(({ gradient }) => gradient).reverse()]);
  return new GraphLowering(order, outputs, updates, options).run();
}

/**
 * What loads the families that a graph is lowered to and that are not there yet. `served`: of fused families that are there only the one
 * that serves, else also what does its parts.
 */
export function pendingFamilies(
  outputs: readonly Tensor[],
  updates: readonly { parameter: Tensor; gradient: Tensor }[],
  options: LoweringOptions,
  served: boolean,
): readonly (() => Promise<void>)[] {
  const order = topological([...outputs, ...updates.map(({ gradient }) => gradient)]);
  const lowering = new FamilyCollector(order, outputs, updates, options, served);
  return lowering.collect();
}

class GraphLowering implements Lowering {
  readonly capabilities: Capabilities;
  readonly replicas: number;
  readonly choice: VariantChoice;
  readonly scalesLoss: boolean;
  private readonly binding: BindingLimit | undefined;
  private readonly mixed: boolean;
  private readonly halves = new Map<Tensor, Storage>();
  private readonly roundings: LoweredRounding[] = [];
  private readonly placements: Placements;
  private readonly users = new Map<Tensor, number>();
  private readonly dispatches: LoweredDispatch[] = [];
  /** What dispatches write. */
  private readonly made = new Set<Storage>();
  private readonly fusions: LoweredFusion[] = [];
  private begun: Omit<LoweredFusion, 'end'>[] = [];
  private readonly splitGradients = new Map<Tensor, number>();
  private readonly scratches = new Map<Scratch, Storage>();
  private readonly variants = new Map<string, string[]>();
  private afterNode: (() => void)[] = [];
  private nodeName = '';
  private constant = false;

  constructor(
    private readonly order: readonly Node[],
    outputs: readonly Tensor[],
    private readonly updates: readonly { parameter: Tensor; gradient: Tensor }[],
    options: LoweringOptions,
  ) {
    this.capabilities = options.capabilities;
    this.replicas = options.replicas;
    this.choice = options.choice;
    this.binding = options.binding;
    this.mixed = options.precision === 'mixed';
    this.scalesLoss = this.mixed && updates.length > 0;
    for (const node of order) for (const input of Object.values(node.inputs)) this.count(input);
    for (const tensor of outputs) this.count(tensor);
    for (const { gradient } of updates) this.count(gradient);
    const direct = new Set(updates.map(({ gradient }) => gradient).filter((gradient) => this.isDirect(gradient)));
    const kept = new Set([...outputs, ...updates.map(({ gradient }) => gradient)]);
    const kindOf = (tensor: Tensor): StorageKind => {
      const { source, roundsParameter } = tensor.node.operation;
      if (roundsParameter) return 'parameter';
      if (source) return source === 'parameter' ? 'parameter' : 'input';
      return direct.has(tensor) ? 'gradient' : 'activation';
    };
    this.placements = new Placements(order, this.replicas, kept, kindOf, this.mixed ? 'f16' : 'f32');
  }

  run(): LoweredGraph {
    this.lowerNodes();
    const gradients = this.updates.map(({ parameter, gradient }) => this.gradientOf(parameter, gradient));
    const { dispatches, fusions, placements, halves, roundings } = this;
    return { dispatches, fusions, placements, gradients, halves, roundings, variants: Object.fromEntries(this.variants) };
  }

  protected lowerNodes(): void {
    const constants = new Set<Node>();
    for (const node of this.order) {
      const inputs = Object.values(node.inputs).map((tensor) => tensor.node);
      this.constant = inputs.length > 0 && inputs.every((one) => one.operation.source === 'parameter' || constants.has(one));
      if (this.constant) constants.add(node);
      this.nodeName = node.operation.name;
      node.operation.lower?.(node, this);
      for (const finish of this.afterNode) finish();
      this.afterNode = [];
      // What follows a fused kernel within its node belongs to it: its parts where it was not chosen, the sum of its partial results.
      this.fusions.push(...this.begun.map((fusion) => ({ ...fusion, end: this.dispatches.length })));
      this.begun = [];
    }
  }

  view(tensor: Tensor) {
    return this.placements.of(tensor).view;
  }

  viewIf(tensor: Tensor | undefined) {
    return tensor && this.view(tensor);
  }

  isLive(tensor: Tensor | undefined): boolean {
    return tensor !== undefined && (this.users.get(tensor) ?? 0) > 0;
  }

  isMade(tensor: Tensor): boolean {
    return this.made.has(this.placements.of(tensor).storage);
  }

  sameMemory(a: Tensor, b: Tensor): boolean {
    return this.placements.of(a).storage === this.placements.of(b).storage;
  }

  scratch(size: number, type?: ElementType): Scratch {
    const scratch = { scratch: size };
    this.scratches.set(scratch, { label: `${this.nodeName}, partial results`, kind: 'activation', type, elements: size });
    return scratch;
  }

  halfCopy(tensor: Tensor): HalfCopy | undefined {
    if (!this.mixed || tensor.node.operation.source !== 'parameter') return undefined;
    const { label, elements } = this.placements.of(tensor).storage;
    if (!this.halves.has(tensor)) this.halves.set(tensor, { label, kind: 'parameter', type: 'f16', elements });
    return { halfOf: tensor };
  }

  rounds(rounding: Rounding, copy: Tensor): void {
    const { storage } = this.placements.of(copy);
    this.made.add(storage);
    this.roundings.push({ ...rounding, storage });
  }

  partialSums(tensor: Tensor, splits: number): Operand {
    const { storage } = this.placements.of(tensor);
    if (splits === 1) return tensor;
    const part = replicaStride(tensor);
    if (storage.kind === 'gradient') {
      storage.elements = part * splits * this.replicas;
      this.splitGradients.set(tensor, splits);
      return tensor;
    }
    const partial = this.scratch(part * splits * this.replicas);
    this.afterNode.push(() =>
      this.dispatch(sumSplitsFamily, { replicas: this.replicas, splits, length: elements(tensor.shape), part }, [
        partial,
        tensor,
      ]),
    );
    return partial;
  }

  dispatch<Problem extends object>(family: Family<Problem>, problem: Problem, operands: readonly Operand[]): void {
    const bound = this.bindAll(operands);
    this.emit({ ...this.build(family, problem), bound, constant: this.constant });
  }

  dispatchFused<Problem extends object>(
    family: FusedFamily<Problem>,
    problem: Problem,
    operands: () => readonly Operand[],
  ): boolean {
    const { served, wanted } = this.serving(family.name);
    const variant = chooseFused(family, problem, this.capabilities, wanted);
    const name = variant?.name ?? APART;
    served.push(name);
    const fused = decisionOf(family, problem, this.capabilities, name);
    this.begun.push({ decision: fused, first: this.dispatches.length });
    if (!variant) return false;
    const bound = this.bindAll(operands());
    this.emit({ kernel: variant.build(problem, this.capabilities), fused, bound, constant: this.constant });
    return true;
  }

  private emit(dispatch: LoweredDispatch): void {
    this.dispatches.push(dispatch);
    const { kernel, bound } = dispatch;
    bound.forEach((item, binding) => {
      if (item && item !== STATE && kernel.bindings[binding] === 'write') this.made.add(item);
    });
  }

  /** The variants of a family that serve so far, and which one is wanted next. */
  private serving(family: string): { served: string[]; wanted: string | undefined } {
    const served = this.variants.get(family) ?? [];
    this.variants.set(family, served);
    const choice = this.choice[family];
    return { served, wanted: typeof choice === 'string' ? choice : choice?.[served.length] };
  }

  private build<Problem extends object>(family: Family<Problem>, problem: Problem): { kernel: Kernel; decision: Decision } {
    const { served, wanted } = this.serving(family.name);
    const { kernel, variant } = buildKernel(family, problem, this.capabilities, wanted);
    served.push(variant);
    return { kernel, decision: decisionOf(family, problem, this.capabilities, variant) };
  }

  /** The memory of operands. To be called before a kernel is built: sizes within the limits are what 32-bit constants can hold. */
  private bindAll(operands: readonly Operand[]): Bound[] {
    return operands.map((operand) => {
      const bound = this.bind(operand);
      if (this.binding && bound && bound !== STATE) checkStorage(() => this.called(bound), bound, this.binding);
      return bound;
    });
  }

  /** What a storage is to a person. */
  private called(storage: Storage): string {
    const holds = (tensor: Tensor) => this.placements.of(tensor).storage === storage;
    const gradient = this.updates.find((update) => holds(update.gradient));
    if (gradient) return `The gradient of parameter ${parameterAttributes(gradient.parameter).name}, in partial sums,`;
    const parameter = this.order.find(({ operation, outputs }) => operation.source === 'parameter' && outputs.some(holds));
    return parameter?.outputs[0]
      ? `The parameter ${parameterAttributes(parameter.outputs[0]).name}`
      : `The tensor of ${storage.label}`;
  }

  private bind(operand: Operand): Bound {
    if (operand === undefined || operand === STATE) return operand;
    if ('node' in operand) return this.placements.of(operand).storage;
    const storage = 'halfOf' in operand ? this.halves.get(operand.halfOf) : this.scratches.get(operand);
    if (!storage) throw new Error('Memory of another lowering was bound');
    return storage;
  }

  private count(tensor: Tensor): void {
    this.users.set(tensor, (this.users.get(tensor) ?? 0) + 1);
  }

  /** Whether the optimizer can read a gradient where its producer leaves it: nobody else uses it, and it is no part of another tensor. */
  private isDirect(gradient: Tensor): boolean {
    const { operation } = gradient.node;
    return gradient.parameterGradient && this.users.get(gradient) === 1 && !operation.source && !operation.alias;
  }

  private gradientOf(parameter: Tensor, gradient: Tensor): LoweredGradient {
    const { storage, view } = this.placements.of(gradient);
    if (storage.kind === 'gradient') return { parameter, storage, splits: this.splitGradients.get(gradient) ?? 1 };
    const stride = replicaStride(parameter);
    const own: Storage = { label: storage.label, kind: 'gradient', elements: stride * this.replicas };
    const y = { ...contiguous(gradient.shape, stride) };
    const made = this.build(mapFamily, { replicas: this.replicas, operation: 'copy', a: view, y });
    this.emit({ ...made, bound: [storage, undefined, undefined, STATE, own] });
    return { parameter, storage: own, splits: 1 };
  }
}

/** Goes through a graph as its lowering does, and builds no kernel. */
class FamilyCollector extends GraphLowering {
  /** By the families' names. */
  private readonly pending = new Map<string, () => Promise<void>>();

  constructor(
    order: readonly Node[],
    outputs: readonly Tensor[],
    updates: readonly { parameter: Tensor; gradient: Tensor }[],
    options: LoweringOptions,
    private readonly served: boolean,
  ) {
    super(order, outputs, updates, options);
    // A gradient that the optimizer can't read where it lies is copied.
    if (updates.length > 0) this.dispatch(mapFamily);
  }

  collect(): readonly (() => Promise<void>)[] {
    this.lowerNodes();
    return [...this.pending.values()];
  }

  override dispatch<Problem extends object>({ name, pending }: Family<Problem>): void {
    if (pending) this.pending.set(name, pending);
  }

  override dispatchFused<Problem extends object>(
    family: FusedFamily<Problem>,
    problem: Problem,
    operands: () => readonly Operand[],
  ): boolean {
    const { name, pending } = family;
    if (pending) {
      this.pending.set(name, pending);
      return this.served;
    }
    // It may serve: what it binds can need kernels of its own, the sum of its partial results.
    const serves = chooseFused(family, problem, this.capabilities, undefined) !== undefined;
    if (serves || !this.served) operands();
    return serves && this.served;
  }
}
