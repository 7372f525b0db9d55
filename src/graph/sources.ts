import { ShapeError } from '../core/errors.ts';
import { type Shape, checkShape, elements } from '../core/value.ts';
import { fillFamily } from '../kernels/fill.ts';
import type { Operation } from './operation.ts';
import { type Tensor, apply, first } from './tensor.ts';

export interface InputAttributes {
  readonly name: string;
  readonly shape: Shape;
}

export interface ParameterAttributes {
  readonly name: string;
  readonly shape: Shape;
  /** The first value; `replica` counts from 0. */
  readonly initial: (replica: number) => Float32Array;
  /** Whether an optimizer may change it; running statistics are no business of an optimizer. */
  readonly trainable: boolean;
  /** L2 decay added to the gradient: decay times the parameter. */
  readonly weightDecay: number;
}

export const inputOperation: Operation<InputAttributes> = {
  name: 'input',
  source: 'input',
  infer: (_, { shape }) => [{ shape }],
};

export const parameterOperation: Operation<ParameterAttributes> = {
  name: 'parameter',
  source: 'parameter',
  infer: (_, { shape }) => [{ shape, parameterGradient: true }],
};

/** The gradient of a loss with respect to itself. Whoever can leaves the multiplication by it out; else it is filled in. */
const unitOperation: Operation<{ readonly shape: Shape }> = {
  name: 'unit',
  infer: (_, { shape }) => [{ shape }],
  lower(node, lowering) {
    const y = first(node);
    lowering.dispatch(fillFamily, { length: elements(y.shape) * lowering.replicas, value: 1 }, [y]);
  },
};

/** A tensor that is given anew at each run. */
export function input(name: string, shape: Shape): Tensor {
  checkName('input', name);
  checkShape(`input '${name}'`, shape);
  return first(apply(inputOperation, {}, { name, shape }));
}

/** A tensor that lives on the GPU from run to run. */
export function parameterNode(attributes: ParameterAttributes): Tensor {
  checkName('parameter', attributes.name);
  checkShape(`parameter '${attributes.name}'`, attributes.shape);
  return first(apply(parameterOperation, {}, attributes));
}

export function unit(shape: Shape): Tensor {
  return first(apply(unitOperation, {}, { shape }));
}

export function isUnit(tensor: Tensor): boolean {
  return tensor.node.operation.name === unitOperation.name;
}

/** The attributes of a parameter's node. */
export function parameterAttributes(tensor: Tensor): ParameterAttributes {
  if (tensor.node.operation.source !== 'parameter') throw new ShapeError(`Expected a parameter, got the output of ${tensor.node.operation.name}`);
  return tensor.node.attributes as ParameterAttributes;
}

/** The attributes of an input's node. */
export function inputAttributes(tensor: Tensor): InputAttributes {
  if (tensor.node.operation.source !== 'input') throw new ShapeError(`Expected an input, got the output of ${tensor.node.operation.name}`);
  return tensor.node.attributes as InputAttributes;
}

function checkName(what: string, name: string): void {
  if (typeof name !== 'string' || name === '') throw new ShapeError(`The name of an ${what} must be a text that is not empty, got ${String(name)}`);
}
