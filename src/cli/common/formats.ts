import type { ExportFormat, ExportFormatOptions, QuantizedModel } from 'paredown/node';
import type { ModelFile } from './model-file.ts';

/** The integers of a file that leave in a format as they are, where it has what they need. */
export function leavingIntegers({ quantized }: ModelFile, { integers }: ExportFormat): QuantizedModel | undefined {
  return quantized && integers?.holds(quantized.bits) ? quantized : undefined;
}

/** The files of a model: of its integers, where these leave. */
export function filesOf(
  format: ExportFormat,
  file: ModelFile,
  options: ExportFormatOptions,
  quantized: QuantizedModel | undefined,
) {
  const { input } = file;
  return quantized && format.integers ? format.integers.encode(quantized, { ...options, input }) : format.encode(file, options);
}

export function bytesOf(content: Uint8Array | string): number {
  return typeof content === 'string' ? Buffer.byteLength(content) : content.byteLength;
}
