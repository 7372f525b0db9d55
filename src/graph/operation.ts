import type { Shape } from '../core/value.ts';
import type { Capabilities } from '../gpu/gpu.ts';
import type { Epilogue } from '../kernels/epilogue.ts';
import type { Family, VariantChoice } from '../kernels/family.ts';
import type { FusedFamily } from '../kernels/fused.ts';
import type { ElementType, View } from '../kernels/view.ts';

/** What a tensor's elements are: an activation's are f16 in a plan of mixed precision, else f32. */
export type TensorType = 'activation' | 'f32' | 'u32';

/** A symbolic tensor: one output of one node, with the shape of one replica. It holds no data. */
export interface Tensor {
  readonly node: Node;
  /** Which output of the node. */
  readonly index: number;
  readonly shape: Shape;
  readonly type: TensorType;
  /** The gradient of a parameter: may be made as partial sums, and lies as parameters do. */
  readonly parameterGradient: boolean;
}

/** An application of an operation. Nodes are immutable and know their inputs alone. */
export interface Node<A extends object = object> {
  readonly operation: Operation<A>;
  readonly inputs: Readonly<Record<string, Tensor>>;
  readonly attributes: A;
  readonly outputs: readonly Tensor[];
}

export interface OutputSpec {
  readonly shape: Shape;
  /** ['activation'; 'f32' for the gradient of a parameter] */
  readonly type?: TensorType;
  readonly parameterGradient?: boolean;
}

/**
 * The contract of an operation, everything that graphs, fusion and the planner know of it. To add one: write this object in
 * src/ops/<name>.ts, its gradient in src/ops/gradients/<name>.ts, its float64 twin in src/reference/<name>.ts, and enter each in its
 * registry; the tests follow.
 */
export interface Operation<A extends object = object> {
  readonly name: string;
  /** The shape rule: outputs from inputs. Throws a ShapeError that names operation, argument, what it got and what it needs. */
  infer(inputs: Readonly<Record<string, Tensor>>, attributes: A): readonly OutputSpec[];
  /** Turns a node into dispatches. Absent for sources and for what moves no data. */
  lower?(node: Node<A>, lowering: Lowering): void;
  /**
   * Joins a node to the producer of an input, where that can take it and nobody else uses it: the outputs that replace the node's.
   * With `gradients` the joint node must have a gradient too.
   */
  fuse?(node: Node<A>, soleUser: (tensor: Tensor) => boolean, gradients: boolean): readonly Tensor[] | undefined;
  /** Takes a following epilogue into the node: the outputs of the joint node, or undefined where it can't. */
  absorb?(node: Node<A>, request: Absorption): readonly Tensor[] | undefined;
  /** How an output lies in an input without a copy: the same elements under another shape, or a range of channels. */
  alias?(
    node: Node<A>,
  ):
    | { readonly input: string; readonly kind: 'reshape' }
    | { readonly input: string; readonly kind: 'slice'; readonly offset: number };
  /** Which input holds class indices (or `of` rows), and of how many classes: they are checked where they enter. */
  labels?(node: Node<A>): { readonly input: string; readonly classes: number; readonly of?: 'rows' } | undefined;
  /** The output holds the inputs side by side on the last axis, so that their producers may write straight into it. */
  readonly joins?: boolean;
  /** Its kernels write whole tensors, not views: what it makes is never placed inside a concatenation, but copied. */
  readonly standsAlone?: boolean;
  /** A node without inputs, whose data comes from outside. */
  readonly source?: 'input' | 'parameter';
  /** Its output is a rounded copy of a parameter, which lies beside that and which each run makes first (`Lowering.rounds`). */
  readonly roundsParameter?: boolean;
}

/** What a producer is asked to do to its values before it stores them. */
export interface Absorption {
  readonly epilogue: Epilogue;
  /** With a gradient epilogue: what the activation's derivative is computed from, its output or its input. */
  readonly saved?: Tensor;
}

/** Memory that lives within the lowering of one node. */
export interface Scratch {
  readonly scratch: number;
}

/** The f16 copy of a parameter, which the optimizer keeps. */
export interface HalfCopy {
  readonly halfOf: Tensor;
}

/** Weights of which each run makes a copy on a grid of integers, which each output channel has a scale for. */
export interface Rounding {
  /** A parameter, as [outer, channels, inner]. */
  readonly weights: Tensor;
  /** The natural logarithms of the scales, a parameter [channels]. */
  readonly logScale: Tensor;
  readonly outer: number;
  readonly channels: number;
  readonly inner: number;
  /** The largest integer: 2^(bits - 1) - 1. */
  readonly levels: number;
}

export const STATE = 'state';
/** What a dispatch binds: a tensor, scratch memory, the training state, or nothing (bound to memory that nobody reads or minds). */
export type Operand = Tensor | Scratch | HalfCopy | typeof STATE | undefined;

/** What an operation sees while it is lowered. Sizes and strides in elements. */
export interface Lowering {
  readonly capabilities: Capabilities;
  readonly replicas: number;
  readonly choice: VariantChoice;
  view(tensor: Tensor): View;
  /** The view of an input that may be absent. */
  viewIf(tensor: Tensor | undefined): View | undefined;
  /** Whether anybody reads a tensor. */
  isLive(tensor: Tensor | undefined): boolean;
  /** Whether a dispatch so far makes a tensor: what a fused kernel keeps to itself is not in memory. */
  isMade(tensor: Tensor): boolean;
  /** Whether two tensors lie in the same memory, so that there is nothing to move between them. */
  sameMemory(a: Tensor, b: Tensor): boolean;
  /** Memory for this node alone, of so many elements [f32] over all replicas. */
  scratch(elements: number, type?: ElementType): Scratch;
  /** What a product should read instead of a parameter: its f16 copy, in a plan of mixed precision. */
  halfCopy(tensor: Tensor): HalfCopy | undefined;
  /** Whether the gradient of the loss is to be multiplied by the training state's loss scale. */
  readonly scalesLoss: boolean;
  /**
   * Where the partial sums of a parameter's gradient go: [replica, split, length rounded up to 4]. The optimizer adds them;
   * for any other reader a pass that does so follows the node.
   */
  partialSums(tensor: Tensor, splits: number): Operand;
  /**
   * Each run rounds these weights first, into the output of an operation that `roundsParameter`. Before an optimizer reads the gradient of
   * the weights, which is that of the copy, it becomes theirs, and the partial sums of the scales' gradient are made.
   */
  rounds(rounding: Rounding, copy: Tensor): void;
  /** Builds the kernel of a family's problem with the variant that serves it, and emits it. */
  dispatch<Problem extends object>(family: Family<Problem>, problem: Problem, operands: readonly Operand[]): void;
  /**
   * The same for a fused family; false, and nothing is emitted, where its parts should be dispatched apart. What it binds is asked for only
   * where a variant serves.
   */
  dispatchFused<Problem extends object>(
    family: FusedFamily<Problem>,
    problem: Problem,
    operands: () => readonly Operand[],
  ): boolean;
}
