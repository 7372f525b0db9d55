import { ShapeError } from '../core/errors.ts';
import { elements, formatShape, type Shape } from '../core/value.ts';
import type { Constants } from '../gpu/composer.ts';
import type { ElementType, View } from './view.ts';

/** Where an operand's elements lie: its first one, and the elements from one to the next along each axis of a space, 0 where it is repeated. */
export interface Strided {
  readonly offset: number;
  readonly replicaStride: number;
  readonly steps: readonly number[];
  /** [f32] */
  readonly type?: ElementType;
}

/** Axes that shaders/lib/axes.wgsl walks along. */
const AXES = 8;

/** The elements from one to the next along each axis of a tensor of `shape` that lies in a view. */
export function stepsOf(shape: Shape, { rowStride }: View): number[] {
  const steps = shape.map(() => 1);
  let step = rowStride;
  for (let axis = shape.length - 2; axis >= 0; axis--) {
    steps[axis] = step;
    step *= shape[axis] ?? 1;
  }
  return steps;
}

/** The same of a tensor that lies alone. */
export function packedSteps(sizes: Shape): number[] {
  return sizes.map((_, axis) => elements(sizes.slice(axis + 1)));
}

/** A tensor of `shape` in a view, repeated over a space of `sizes` by NumPy's rule: axes are aligned at the last one. */
export function spread(shape: Shape, view: View, sizes: Shape): Strided {
  const own = stepsOf(shape, view);
  const missing = sizes.length - shape.length;
  const steps = sizes.map((_, axis) => (shape[axis - missing] === 1 ? 0 : (own[axis - missing] ?? 0)));
  return { offset: view.offset, replicaStride: view.replicaStride, steps, type: view.type };
}

/** The operands of one kernel over a space, with as few axes as they can be walked along; `O` may leave some out. */
export interface Walk<O> {
  readonly sizes: Shape;
  readonly operands: O;
}

/** Leaves out axes of one element, and joins two axes where each operand goes on along the first as along the second. */
export function walk<O extends { readonly [name: string]: Strided | undefined }>(sizes: Shape, operands: O): Walk<O> {
  const given = Object.values(operands).filter((operand) => operand !== undefined);
  const axes: { size: number; steps: number[] }[] = [];
  sizes.forEach((size, axis) => {
    if (size === 1) return;
    const steps = given.map((operand) => operand.steps[axis] ?? 0);
    const before = axes.at(-1);
    if (before?.steps.every((step, i) => step === (steps[i] ?? 0) * size)) {
      axes[axes.length - 1] = { size: before.size * size, steps };
    } else axes.push({ size, steps });
  });
  if (axes.length > AXES)
    throw new ShapeError(
      `An operation over ${formatShape(sizes)} would walk along ${axes.length} separate axes; ${AXES} are possible: join axes with reshape, or repeat and permute in several steps`,
    );
  const walked = (operand: Strided): Strided => ({
    ...operand,
    steps: axes.map(({ steps }) => steps[given.indexOf(operand)] ?? 0),
  });
  return {
    sizes: axes.map(({ size }) => size),
    operands: Object.fromEntries(Object.entries(operands).map(([name, operand]) => [name, operand && walked(operand)])) as O,
  };
}

/** `NAME_0` to `NAME_7`: numbers for the last axes, `otherwise` for those that are not there. */
export function axisConstants(name: string, numbers: readonly number[], otherwise: number): Constants {
  const padded = [...Array.from({ length: AXES - numbers.length }, () => otherwise), ...numbers];
  return Object.fromEntries(padded.map((number, axis) => [`${name}_${axis}`, number]));
}

/** Where an operand lies: `X_STEP_0` to `X_STEP_7`, `X_OFFSET`, `X_REPLICA`. */
export function stridedConstants(name: string, operand: Strided | undefined): Constants {
  return {
    ...axisConstants(`${name}_STEP`, operand?.steps ?? [], 0),
    [`${name}_OFFSET`]: operand?.offset ?? 0,
    [`${name}_REPLICA`]: operand?.replicaStride ?? 0,
  };
}
