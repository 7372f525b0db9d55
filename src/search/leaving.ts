import { isRecord, refuseUnknown } from '../core/arguments.ts';
import { OptionError } from '../core/errors.ts';
import { shown } from '../core/shown.ts';
import { elements } from '../core/value.ts';
import { layerList, resolve } from '../model/resolve.ts';
import type { Model } from '../model/types.ts';
import type { WeightBits } from '../quantize/types.ts';
import type { QuantizationOptions } from '../train/quantization/options.ts';
import { FORMATS, type Format } from './file-formats.ts';

/** The file that a network leaves as, whose size is its cost in bytes, and the bits of the weights that it is trained for. */
export interface Leaving {
  readonly format: Format;
  readonly weights: WeightBits | 'float';
}

const BITS: readonly WeightBits[] = [8, 6, 5, 4, 3, 2];

/** The widths that each format holds, the first those that are begun with. */
export const WIDTHS: Readonly<Record<Format, readonly Leaving['weights'][]>> = {
  compressed: [...BITS, 'float'],
  tflite: [8, 'float'],
  c: [...BITS, 'float'],
};

/** Throws an OptionError for what is no Leaving. */
export function checkLeaving(where: string, leaves: unknown): void {
  if (!isRecord(leaves))
    throw new OptionError(
      `${where}: leaves must be { format, weights }, such as { format: 'compressed', weights: 8 }, got ${shown(leaves)}`,
    );
  const { format, weights, ...rest } = leaves;
  refuseUnknown(`${where}: leaves`, rest, ['format', 'weights']);
  const known = FORMATS.find((one) => one === format);
  if (!known) throw new OptionError(`${where}: leaves: format must be one of ${FORMATS.join(', ')}, got ${shown(format)}`);
  if (!WIDTHS[known].some((width) => width === weights))
    throw new OptionError(
      `${where}: leaves: weights of a ${known} file must be ${WIDTHS[known].join(', ')} bits, got ${shown(weights)}`,
    );
}

/** What a trainer is asked for. */
export function quantizationOf({ format, weights }: Leaving): QuantizationOptions | undefined {
  return weights === 'float' ? undefined : { weights, activations: format === 'compressed' ? 'float' : 8 };
}

/** Bytes beside the weights: of a file, and of each layer in it. */
const BESIDE: Readonly<Record<Format, { readonly file: number; readonly layer: number }>> = {
  compressed: { file: 12, layer: 3 },
  tflite: { file: 500, layer: 130 },
  c: { file: 0, layer: 0 },
};

/** A guess at the size of the file, before anything is trained: the true one of a coded file follows from the weights. */
export function estimatedBytes(m: Model, { format, weights }: Leaving): number {
  const layers = layerList(resolve(m));
  const numbers = layers.reduce((sum, { parameters }) => {
    const bytes = parameters.map(({ name, shape }) => {
      if (!/\/(filter|weights)$/.test(name)) return /\/(mean|variance|scale)$/.test(name) ? 0 : 4 * elements(shape);
      return weights === 'float' ? 4 * elements(shape) : (weights * elements(shape)) / 8 + 4 * (shape.at(-1) ?? 1);
    });
    return sum + bytes.reduce((a, b) => a + b, 0);
  }, 0);
  const { file, layer } = BESIDE[format];
  return Math.ceil(file + layer * layers.length + numbers);
}

/** `8-bit weights, compressed file`. */
export function leavingWords({ format, weights }: Leaving): string {
  return `${weights === 'float' ? 'float' : `${weights}-bit`} weights for a ${format === 'c' ? 'C' : format} file`;
}
