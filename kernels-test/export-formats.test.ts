// The list of formats that a network leaves in, as commands and pages offer it.
import {
  conv2d,
  dense,
  type ExportFormatName,
  encodeC,
  encodeCompressed,
  encodeHtml,
  encodeModel,
  encodeOnnx,
  encodeTflite,
  exportFormats,
  flatten,
  model,
  OptionError,
  openGpu,
  type QuantizedModel,
  quantize,
  sizeOfC,
} from 'paredown/node';
import { beforeAll, describe, expect, test } from 'vitest';
import { noise } from './support/datasets.ts';
import { weightsFrom } from './support/weights.ts';

const NETWORK = model([6, 6, 1], [conv2d(2, 3, { activation: 'relu' }), flatten(), dense(3)]);
const weights = weightsFrom(NETWORK, 1);
const input = { shape: NETWORK.input, scale: 1 / 255, offset: 0, dtype: 'uint8', classNames: ['a', 'b', 'c'] } as const;
const network = { model: NETWORK, weights, input };
const name = 'digits';

const BITS = [
  { weights: 8, activations: 8 },
  { weights: 5, activations: 8 },
  { weights: 8, activations: 'float' },
  { weights: 2, activations: 'float' },
] as const;
const made: QuantizedModel[] = [];
beforeAll(async () => {
  await using gpu = await openGpu();
  const calibration = noise(20, NETWORK.input, 3);
  for (const bits of BITS) made.push(await quantize(gpu, NETWORK, weights, { ...bits, calibration }));
});

const formatOf = (wanted: ExportFormatName) => exportFormats.find((one) => one.name === wanted) ?? expect.fail(wanted);

describe('the list of formats', () => {
  test('has each once, and its files are those of the encoder', () => {
    const given = { input };
    expect(Object.fromEntries(exportFormats.map((format) => [format.name, format.encode(network, { name })]))).toEqual({
      safetensors: { 'digits.safetensors': encodeModel(NETWORK, weights, given) },
      compressed: { 'digits.paredown': encodeCompressed(NETWORK, weights, given) },
      onnx: { 'digits.onnx': encodeOnnx(NETWORK, weights, given) },
      tflite: { 'digits.tflite': encodeTflite(NETWORK, weights, given) },
      c: encodeC(NETWORK, weights, { ...given, name }),
      html: { 'digits.html': encodeHtml(NETWORK, weights, given) },
    });
    expect(new Set(exportFormats.map((format) => format.name)).size).toBe(exportFormats.length);
    for (const { folder, encode } of exportFormats)
      expect(Object.keys(encode({ model: NETWORK, weights }, { name })).length > 1).toBe(folder);
  });

  test('does what a format can, and refuses what it can not, in floats and in integers', () => {
    const [quantized = expect.unreachable()] = made;
    for (const format of exportFormats)
      for (const option of ['softmax', 'bytesIn'] as const) {
        const options = { name, [option]: true };
        const plain = JSON.stringify(format.encode(network, { name }));
        if (format.can.includes(option)) expect(JSON.stringify(format.encode(network, options))).not.toBe(plain);
        else expect(() => format.encode(network, options)).toThrow(OptionError);
        const { integers } = format;
        if (!integers) continue;
        const whole = JSON.stringify(integers.encode(quantized, { name, input }));
        if (integers.can.includes(option))
          expect(JSON.stringify(integers.encode(quantized, { ...options, input }))).not.toBe(whole);
        else expect(() => integers.encode(quantized, { ...options, input })).toThrow(`${option} has no form in integers as`);
      }
  });

  test('tells which integers a format holds', () => {
    const held = exportFormats.flatMap(({ name: format, integers }) =>
      integers ? [[format, made.map(({ bits }) => integers.holds(bits))]] : [],
    );
    expect(Object.fromEntries(held)).toEqual({
      compressed: [true, true, true, true],
      onnx: [true, true, true, true],
      tflite: [true, false, false, false],
      c: [true, true, false, false],
      html: [true, true, false, false],
    });
    for (const { name: format, integers } of exportFormats)
      for (const quantized of made) {
        if (!integers) continue;
        const encode = () => Object.values(integers.encode(quantized, { name, input }));
        if (integers.holds(quantized.bits)) expect(encode().every((content) => content.length > 0)).toBe(true);
        // A page computes with floats what it does not hold in integers.
        else if (format !== 'html') expect(encode, `${format} ${JSON.stringify(quantized.bits)}`).toThrow(OptionError);
      }
  });

  test('tells what C takes when it runs', () => {
    const [quantized] = made;
    expect(exportFormats.flatMap((format) => (format.running ? [format.name] : []))).toEqual(['c']);
    const { running } = formatOf('c');
    expect(running?.(network)).toEqual(sizeOfC(NETWORK, weights));
    expect(running?.(network, quantized)).toEqual(quantized && sizeOfC(quantized));
  });
});
