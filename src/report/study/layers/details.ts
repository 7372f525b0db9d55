import type { Activation } from '../../../core/activation.ts';
import type { Padding } from '../../../core/geometry.ts';

/** Details of a layer with commas between; what is false or empty is left out. */
export function listed(...details: readonly (string | false)[]): string {
  return details.filter((detail) => detail !== false && detail !== '').join(', ');
}

export function by(sizes: readonly number[]): string {
  return sizes.join('\u00d7');
}

/** `stride 2×2`; empty for the usual ones. */
export function strideText(strides: readonly number[], usual: readonly number[]): string {
  return strides.join() === usual.join() ? '' : `stride ${by(strides)}`;
}

export function dilationText(dilations: readonly number[]): string {
  return dilations.some((dilation) => dilation > 1) ? `dilation ${by(dilations)}` : '';
}

export function paddingText(padding: Padding): string {
  return typeof padding === 'string' ? padding : `padding ${padding.join(' ')}`;
}

export function activationText(activation: Activation | undefined): string {
  if (activation === undefined) return '';
  if (typeof activation === 'string') return activation;
  const { type, ...options } = activation;
  return [type, ...Object.values(options)].join(' ');
}
