import { elements } from '../../../core/value.ts';
import type { LayerNormOperation } from '../../../deploy/operations.ts';
import { imageOf } from './elementwise.ts';

/** scale (x - mean) / sqrt(variance + epsilon) + offset, over the channels of each pixel or all of the sample. */
export function layerNorm({ over, epsilon, scale, offset, output }: LayerNormOperation, x: Float32Array, y: Float32Array): void {
  const [, , channels] = imageOf(output.shape);
  const length = over === 'channels' ? channels : elements(output.shape);
  for (let start = 0; start < x.length; start += length) {
    let mean = 0;
    for (let i = 0; i < length; i++) mean += (x[start + i] as number) / length;
    let variance = 0;
    for (let i = 0; i < length; i++) variance += ((x[start + i] as number) - mean) ** 2 / length;
    const factor = 1 / Math.sqrt(variance + epsilon);
    for (let i = 0; i < length; i++) {
      const normal = ((x[start + i] as number) - mean) * factor;
      y[start + i] = normal * (scale.data[i % scale.data.length] as number) + (offset.data[i % offset.data.length] as number);
    }
  }
}

/** Along the last axis, from the largest on, so that every power stays finite. */
export function softmax(channels: number, x: Float32Array, y: Float32Array): void {
  for (let start = 0; start < x.length; start += channels) {
    let largest = Number.NEGATIVE_INFINITY;
    for (let c = 0; c < channels; c++) largest = Math.max(largest, x[start + c] as number);
    let sum = 0;
    for (let c = 0; c < channels; c++) sum += Math.exp((x[start + c] as number) - largest);
    for (let c = 0; c < channels; c++) y[start + c] = Math.exp((x[start + c] as number) - largest) / sum;
  }
}
