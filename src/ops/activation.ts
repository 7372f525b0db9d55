import { type Activation, checkActivation, elementwise } from '../core/activation.ts';
import { apply, required, type Tensor } from '../graph/tensor.ts';
import type { Epilogue } from '../kernels/epilogue.ts';
import { mapped } from './elementwise.ts';
import { isPlain, NO_EPILOGUE, type WithEpilogue } from './epilogue.ts';
import { reshape } from './reshape.ts';
import { softmax } from './softmax.ts';

/** Builds a node with an activation in its epilogue, or, for softmax, which needs the whole row, with a softmax behind it. */
export function activated(where: string, activation: Activation | undefined, build: (epilogue: Epilogue) => Tensor): Tensor {
  const kind = elementwise(checkActivation(where, activation));
  if (!kind) return softmax({ x: build(NO_EPILOGUE) });
  return build({ activation: kind, gradient: false });
}

/** An activation of x by itself. */
export function activation(x: Tensor, kind: Activation): Tensor {
  return activated('activation', kind, (epilogue) => mapped('activation', x, epilogue));
}

export const relu = (inputs: { x: Tensor }): Tensor => activation(inputs.x, 'relu');
export const sigmoid = (inputs: { x: Tensor }): Tensor => activation(inputs.x, 'sigmoid');
export const tanh = (inputs: { x: Tensor }): Tensor => activation(inputs.x, 'tanh');

export function leakyRelu(inputs: { x: Tensor }, attributes: { slope?: number } = {}): Tensor {
  const { slope = 0.01 } = attributes;
  return activation(inputs.x, { type: 'leakyRelu', slope });
}

/** What went into the sigmoid (reshapes aside) or softmax that a tensor comes from; undefined where it comes from none. */
export function beforeActivation(y: Tensor, kind: 'sigmoid' | 'softmax'): Tensor | undefined {
  const { operation, attributes, inputs } = y.node;
  if (kind === 'softmax') return operation.name === 'softmax' ? required(y.node, 'x') : undefined;
  const alias = operation.alias?.(y.node);
  if (alias?.kind === 'reshape') {
    const before = beforeActivation(required(y.node, alias.input), kind);
    return before && reshape(before, y.shape);
  }
  const { epilogue } = attributes as Partial<WithEpilogue>;
  if (!epilogue || y.index !== 0 || isPlain(epilogue) || epilogue.gradient || epilogue.activation.kind !== kind) return undefined;
  return apply(operation, inputs, { ...attributes, epilogue: NO_EPILOGUE }).outputs[0];
}
