import type { GradientRule } from '../../graph/differentiate.ts';
import { type TransposeAttributes, transpose } from '../transpose.ts';

export const transposeGradient: GradientRule<Required<TransposeAttributes>> = (node, [dy]) => {
  const { permutation } = node.attributes;
  return { x: dy && transpose({ x: dy }, { permutation: permutation.map((_, axis) => permutation.indexOf(axis)) }) };
};
