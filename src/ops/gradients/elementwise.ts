import { sameShape } from '../../core/value.ts';
import type { GradientRule } from '../../graph/differentiate.ts';
import { isUnit } from '../../graph/sources.ts';
import { first, type Tensor } from '../../graph/tensor.ts';
import { type ElementwiseAttributes, map, scaled } from '../elementwise.ts';
import { throughEpilogue } from './epilogue.ts';

export const elementwiseGradient: GradientRule<ElementwiseAttributes> = (node, [dy]) => {
  const { operation, factor, label } = node.attributes;
  // What the epilogue got is at hand where nothing comes before it.
  const input = operation === 'copy' && factor === 1 ? node.inputs.a : undefined;
  const dz = dy && throughEpilogue(node.attributes.epilogue, dy, first(node), input);
  if (!dz || !node.inputs.a) return {};
  const times = (other: Tensor | undefined) => {
    if (!other) return undefined;
    return isUnit(dz) ? scaled(other, factor) : map('multiply', label, dz, other, factor);
  };
  const { a, b } = node.inputs;
  if (operation === 'multiply') return { a: times(b), b: b && sameShape(a.shape, b.shape) ? times(a) : undefined };
  const same = factor === 1 ? dz : map('copy', label, dz, undefined, factor);
  return { a: same, b: operation === 'add' && b && sameShape(a.shape, b.shape) ? same : undefined };
};
