import { definitionOf } from '../core/activations/registry.ts';
import type { Absorption } from '../graph/operation.ts';
import { apply, type Node, required, type Tensor } from '../graph/tensor.ts';
import { type Epilogue, NO_EPILOGUE } from '../kernels/epilogue.ts';
import { reshape } from './reshape.ts';

/** Attributes of an operation whose kernels end with an epilogue. */
export interface WithEpilogue {
  readonly epilogue: Epilogue;
}

export function isPlain({ activation, dropout, gradient }: Epilogue): boolean {
  return activation.kind === 'linear' && !dropout && !gradient;
}

/** The epilogue that does `first`, then `next`; undefined where one kernel can't do both. */
export function joinEpilogues(before: Epilogue, next: Epilogue): Epilogue | undefined {
  if (isPlain(before)) return next;
  const onlyDropout = !next.gradient && next.activation.kind === 'linear' && next.dropout !== undefined;
  const takesDropout = !before.gradient && !before.dropout && !definitionOf(before.activation.kind).saturates;
  return onlyDropout && takesDropout ? { ...before, dropout: next.dropout } : undefined;
}

/** `absorb` for an operation that keeps its epilogue in its attributes and reads `saved` as an input of that name. */
export function absorbEpilogue<A extends WithEpilogue>(
  node: Node<A>,
  { epilogue, saved }: Absorption,
): readonly Tensor[] | undefined {
  const joint = joinEpilogues(node.attributes.epilogue, epilogue);
  if (!joint) return undefined;
  return apply(node.operation, { ...node.inputs, saved: saved ?? node.inputs.saved }, { ...node.attributes, epilogue: joint })
    .outputs;
}

/** `fuse` for a node that does nothing to input `x` but `epilogue`. A reshape in between is no hindrance. */
export function fuseInto(x: Tensor, soleUser: (tensor: Tensor) => boolean, request: Absorption): readonly Tensor[] | undefined {
  if (!soleUser(x)) return undefined;
  const alias = x.node.operation.alias?.(x.node);
  if (alias?.kind === 'reshape') {
    const whole = required(x.node, alias.input);
    const [joint] = fuseInto(whole, soleUser, { ...request, saved: request.saved && reshape(request.saved, whole.shape) }) ?? [];
    return joint && [reshape(joint, x.shape)];
  }
  // An epilogue belongs to a node's first output.
  if (x.index !== 0) return undefined;
  const outputs = x.node.operation.absorb?.(x.node, request);
  const replacement = outputs?.[x.index];
  return replacement && [replacement];
}

export { NO_EPILOGUE };
