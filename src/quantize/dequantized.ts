import { elements, type Value } from '../core/value.ts';
import type { Weights } from '../model/weights.ts';
import { isQuantizedTensor, type QuantizedModel, type QuantizedTensor } from './types.ts';

/** The weights of `quantized.model` in float32, which holds every scale times integer exactly or rounds it once. */
export function dequantizedWeights({ weights }: QuantizedModel): Weights {
  return new Map([...weights].map(([name, tensor]) => [name, isQuantizedTensor(tensor) ? dequantized(tensor) : tensor]));
}

function dequantized({ shape, integers, axis, scales }: QuantizedTensor): Value {
  const inner = elements(shape.slice(axis + 1));
  const data = Float32Array.from(integers, (integer, at) => integer * (scales[Math.floor(at / inner) % scales.length] ?? 1));
  return { shape, data };
}
