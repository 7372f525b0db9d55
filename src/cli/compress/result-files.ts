import { type CompressFormat, decodeModel, encodeC, encodeTflite, type InputDescription } from 'paredown/node';

/** The files of a result by name; `kept` is the network as `encodeCompressed` wrote it. */
export function resultFiles(
  name: string,
  to: CompressFormat,
  kept: Uint8Array,
  input: InputDescription | undefined,
): Readonly<Record<string, Uint8Array | string>> {
  const { model, weights, quantized } = decodeModel(kept);
  const options = { ...(input && { input }) };
  switch (to) {
    case 'compressed':
      return { [`${name}.paredown`]: kept };
    case 'tflite':
      return { [`${name}.tflite`]: quantized ? encodeTflite(quantized, options) : encodeTflite(model, weights, options) };
    case 'c':
      return quantized ? encodeC(quantized, options) : encodeC(model, weights, options);
  }
}
