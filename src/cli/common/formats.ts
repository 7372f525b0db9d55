import { encodeModel } from 'paredown/node';
import type { ModelFile } from './model-file.ts';

export interface ExportOptions {
  /** The last layer's output as probabilities. */
  readonly softmax: boolean;
  /** What the files are called, without ending. */
  readonly name: string;
}

/** A format that a model can leave in: its files by name. Throws a ShapeError, LimitError or OptionError for what it can't say. */
export interface Format {
  readonly name: string;
  /** What reads it. */
  readonly for: string;
  encode(file: ModelFile, options: ExportOptions): Readonly<Record<string, Uint8Array | string>>;
}

export const FORMATS: readonly Format[] = [
  {
    name: 'safetensors',
    for: 'paredown, and the weights for Python (numpy)',
    encode: ({ model, weights, input }, { name }) => ({
      [`${name}.safetensors`]: encodeModel(model, weights, input && { input }),
    }),
  },
];

export function bytesOf(content: Uint8Array | string): number {
  return typeof content === 'string' ? Buffer.byteLength(content) : content.byteLength;
}
