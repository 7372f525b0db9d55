import { elements } from '../../src/core/value.ts';
import type { OnnxLayer } from './layer.ts';
import { bytes, type Field, integer, joined, message, text } from './protobuf.ts';

// Field numbers: onnx.proto, https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
const FLOAT = 1;
const IR_VERSION = 8;
const OPERATOR_SET = 17;

/** A model of several layers, one after the other; the weights of each are named by its place. */
export function onnxModel(layers: readonly OnnxLayer[]): Uint8Array {
  const nodes: Field[] = [];
  const weights: Field[] = [];
  let before = 'x';
  layers.forEach(({ operator, attributes, weights: shapes, relu }, index) => {
    const y = `y${index}`;
    const names = shapes.map((_, weight) => `w${index}.${weight}`);
    shapes.forEach((shape, weight) => {
      weights.push(initializer(names[weight] ?? '', shape, index + weight));
    });
    nodes.push(node(operator, [before, ...names], y, attributes));
    before = y;
    if (!relu) return;
    nodes.push(node('Relu', [y], `${y}.relu`, {}));
    before = `${y}.relu`;
  });
  const [x] = layers[0]?.inputs ?? [];
  return joined([
    integer(1, IR_VERSION),
    message(8, text(1, ''), integer(2, OPERATOR_SET)),
    message(
      7,
      ...nodes,
      text(2, 'bench'),
      ...weights,
      message(11, ...described('x', x)),
      message(12, ...described(before, undefined)),
    ),
  ]);
}

function node(operator: string, inputs: readonly string[], output: string, attributes: OnnxLayer['attributes']): Field {
  return message(
    1,
    ...inputs.map((name) => text(1, name)),
    text(2, output),
    text(3, output),
    text(4, operator),
    ...Object.entries(attributes).map(([name, value]) =>
      typeof value === 'number'
        ? message(5, text(1, name), integer(3, value), integer(20, 2))
        : message(5, text(1, name), ...value.map((one) => integer(8, one)), integer(20, 7)),
    ),
  );
}

/** Weights whose values do not matter, but are no zeros, which some processors are faster with. */
function initializer(name: string, shape: readonly number[], seed: number): Field {
  const values = Float32Array.from(
    { length: elements(shape) },
    (_, i) => ((Math.imul(i + seed, 0x9e3779b1) >>> 24) - 128) / 4096,
  );
  return message(
    5,
    ...shape.map((size) => integer(1, size)),
    integer(2, FLOAT),
    text(8, name),
    bytes(9, new Uint8Array(values.buffer)),
  );
}

function described(name: string, shape: readonly number[] | undefined): Field[] {
  const sizes = shape ? [message(2, ...shape.map((size) => message(1, integer(1, size))))] : [];
  return [text(1, name), message(2, message(1, integer(1, FLOAT), ...sizes))];
}
