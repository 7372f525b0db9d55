import { ShapeError } from '../core/errors.ts';
import { shown } from '../core/shown.ts';
import { checkShape, elements, type Shape } from '../core/value.ts';
import { fillFamily } from '../kernels/forward.ts';
import type { Operation } from './operation.ts';
import { apply, first, type Tensor, type TensorType, topological } from './tensor.ts';

export interface InputAttributes {
  readonly name: string;
  readonly shape: Shape;
  readonly type?: TensorType;
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
  /** Whether decoupled decay may take of it too [true]. */
  readonly decays?: boolean;
}

export const inputOperation: Operation<InputAttributes> = {
  name: 'input',
  source: 'input',
  infer: (_, { shape, type }) => [{ shape, type }],
};

export const parameterOperation: Operation<ParameterAttributes> = {
  name: 'parameter',
  source: 'parameter',
  infer: (_, { shape }) => [{ shape, parameterGradient: true }],
};

interface FillAttributes {
  readonly shape: Shape;
  readonly value: number;
  readonly type?: TensorType;
}

const fillOperation: Operation<FillAttributes> = {
  name: 'fill',
  standsAlone: true,
  infer: (_, { shape, type }) => [{ shape, type }],
  lower(node, lowering) {
    const { shape, value } = node.attributes;
    const { type } = lowering.view(first(node));
    lowering.dispatch(fillFamily, { length: elements(shape) * lowering.replicas, value, type }, [first(node)]);
  },
};

export function input(name: string, shape: Shape): Tensor {
  return typedInput(name, shape, 'activation');
}

/** An input of another type: labels and targets are f32 in mixed precision too. */
export function typedInput(name: string, shape: Shape, type: TensorType): Tensor {
  checkName('input', name);
  checkShape(`input '${name}'`, shape);
  return first(apply(inputOperation, {}, { name, shape, type }));
}

/** A tensor that lives on the GPU from run to run. */
export function parameterNode(attributes: ParameterAttributes): Tensor {
  checkName('parameter', attributes.name);
  checkShape(`parameter '${attributes.name}'`, attributes.shape);
  return first(apply(parameterOperation, {}, attributes));
}

/** A tensor of which every element is `value`. */
export function filled(shape: Shape, value: number, type?: TensorType): Tensor {
  return first(apply(fillOperation, {}, { shape, value, type }));
}

/** The gradient of a loss with respect to itself. Whoever can leaves the multiplication by it out. */
export function unit(shape: Shape): Tensor {
  return filled(shape, 1);
}

export function isUnit({ node }: Tensor): boolean {
  return node.operation.name === fillOperation.name && (node.attributes as FillAttributes).value === 1;
}

/** The attributes of a parameter's node. */
export function parameterAttributes(tensor: Tensor): ParameterAttributes {
  if (tensor.node.operation.source !== 'parameter')
    throw new ShapeError(`Expected a parameter, got the output of ${tensor.node.operation.name}`);
  return tensor.node.attributes as ParameterAttributes;
}

/** The attributes of an input's node. */
export function inputAttributes(tensor: Tensor): InputAttributes {
  if (tensor.node.operation.source !== 'input')
    throw new ShapeError(`Expected an input, got the output of ${tensor.node.operation.name}`);
  return tensor.node.attributes as InputAttributes;
}

/** The parameters that a graph reads. */
export function parametersBehind(tensors: readonly Tensor[]): Tensor[] {
  return topological(tensors)
    .filter(({ operation }) => operation.source === 'parameter')
    .flatMap((node) => node.outputs);
}

function checkName(what: string, name: string): void {
  if (typeof name !== 'string' || name === '')
    throw new ShapeError(`The name of an ${what} must be a text that is not empty, got ${shown(name)}`);
}
