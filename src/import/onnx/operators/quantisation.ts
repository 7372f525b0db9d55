import { elements } from '../../../core/value.ts';
import type { Feature } from '../feature.ts';
import type { Operator } from '../importer.ts';
import type { OnnxNode } from '../node.ts';
import { isNonNegative } from '../non-negative.ts';
import { activated } from './activations.ts';

/**
 * Integers of a tensor that depends on the input: what is calculated in float32 here need not be rounded. What an exporter leaves to the
 * quantisation is kept: values below 0, where its least integer stands for 0, become 0.
 */
export const QuantizeLinear: Operator = (node, importer): Feature => {
  const feature = importer.feature(node, 0);
  const scale = importer.constant(node, 1);
  const zero = importer.optionalConstant(node, 2);
  takeQuantisation(node);
  if (elements(scale.shape) !== 1)
    throw node.fault(
      `its scale '${scale.name}' has shape [${scale.shape.join(', ')}]`,
      'needed is one number for a tensor that depends on the input',
    );
  const least = zero?.range?.[0] ?? 0;
  const isInput = feature.node.step.kind === 'input';
  if ((zero?.data[0] ?? 0) !== least || isInput || isNonNegative(feature.node)) return feature;
  return activated(node, feature, 'relu');
};

export const DequantizeLinear: Operator = (node, importer): Feature => {
  importer.constant(node, 1);
  importer.optionalConstant(node, 2);
  takeQuantisation(node);
  return importer.feature(node, 0);
};

function takeQuantisation(node: OnnxNode): void {
  for (const name of ['axis', 'saturate', 'output_dtype', 'precision']) node.read(name);
  if (node.integer('block_size', 0) !== 0)
    throw node.attributeFault('block_size', 'quantises in blocks', 'needed is one scale a tensor');
}
