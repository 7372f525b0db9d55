import { type Activation, checkActivation, checkedOptions, elementwise } from '../core/activation.ts';
import { type ActivationKind, type ActivationOptionName, definitionOf } from '../core/activations/registry.ts';
import { apply, required, type Tensor } from '../graph/tensor.ts';
import type { Epilogue } from '../kernels/epilogue.ts';
import { mapped } from './elementwise.ts';
import { isPlain, NO_EPILOGUE, type WithEpilogue } from './epilogue.ts';
import { reshape } from './reshape.ts';
import { softmax } from './softmax.ts';

/**
 * Builds a node with an activation in its epilogue, or with the activation behind it: softmax, which needs the whole row, and those
 * whose derivative needs their input (fusion folds these in where there is no gradient).
 */
export function activated(where: string, activation: Activation | undefined, build: (epilogue: Epilogue) => Tensor): Tensor {
  const kind = elementwise(checkActivation(where, activation));
  if (!kind) return softmax({ x: build(NO_EPILOGUE) });
  const epilogue = { activation: kind, gradient: false };
  if (definitionOf(kind.kind).derivativeFrom === 'input') return mapped(where, build(NO_EPILOGUE), epilogue);
  return build(epilogue);
}

/** An activation of x by itself. */
export function activation(x: Tensor, kind: Activation): Tensor {
  const own = elementwise(checkActivation('activation', kind));
  return own ? mapped('activation', x, { activation: own, gradient: false }) : softmax({ x });
}

/** The options of an elementwise activation. */
export type ActivationOptions<K extends ActivationKind> = { readonly [O in ActivationOptionName<K>]?: number };

/** An elementwise activation as an operation of its own. */
export function activationOperation<K extends ActivationKind>(kind: K) {
  return (inputs: { x: Tensor }, attributes: ActivationOptions<K> = {}): Tensor => {
    const options = checkedOptions(kind, kind, attributes);
    return mapped(kind, inputs.x, { activation: { kind, options }, gradient: false });
  };
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
