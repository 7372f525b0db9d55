import { zipSync } from 'fflate';
import { type ExportFormatName, exportFormats, type QuantizedModel } from 'paredown';
import type { Subject } from '../session.ts';
import type { LeavingFile } from './calls.ts';

export interface Encoded extends LeavingFile {
  readonly running?: { readonly constantBytes: number; readonly arenaBytes: number };
}

/** One file: of several, an archive. Throws where a format can't say what the network is, or hold its integers. */
export function encode(wanted: ExportFormatName, subject: Subject, quantized: QuantizedModel | undefined, name: string): Encoded {
  const format = exportFormats.find((one) => one.name === wanted);
  if (!format) throw new Error(`There is no format ${wanted}.`);
  const { folder, integers, running } = format;
  const { input } = subject;
  // The name of a file says what it holds; source text is called the same in both.
  const own = quantized ? `${name}_int${quantized.bits.weights}` : name;
  const options = { name: folder ? name : own, title: input.dataName ?? name };
  if (quantized && !integers) throw new Error('This format holds floats alone; the compressed file holds integers for paredown.');
  if (quantized && !integers?.holds(quantized.bits))
    throw new Error(`This format holds no weights of ${quantized.bits.weights} bits with ${valuesOf(quantized)} between layers.`);
  const files = quantized && integers ? integers.encode(quantized, { ...options, input }) : format.encode(subject, options);
  const contents = Object.entries(files).map(([file, content]) => [file, bytesOf(content)] as const);
  const [first] = contents;
  if (!first) throw new Error('The format has no file.');
  const leaving = folder
    ? { name: `${own}.zip`, bytes: zipSync(Object.fromEntries(contents)) }
    : { name: first[0], bytes: first[1] };
  return { ...leaving, ...(running && { running: running(subject, quantized) }) };
}

function valuesOf({ bits: { activations } }: QuantizedModel): string {
  return activations === 'float' ? 'floats' : `values of ${activations} bits`;
}

function bytesOf(content: Uint8Array | string): Uint8Array {
  return typeof content === 'string' ? new TextEncoder().encode(content) : content;
}
