import type { ActivationKind } from '../../core/activations/registry.ts';
import { type Attribute, float } from './attributes.ts';
import type { OnnxWriter, Output } from './writer.ts';

type Written = (writer: OnnxWriter, x: string, output: Output, options: Readonly<Record<string, number>>) => string;

const one =
  (
    operator: string,
    attributes: (options: Readonly<Record<string, number>>) => Readonly<Record<string, Attribute>> = () => ({}),
  ): Written =>
  (writer, x, output, options) =>
    writer.node(operator, [x], output, attributes(options));

/** The activations in the operators of opset 17. */
export const onnxActivations: Readonly<Record<ActivationKind, Written>> = {
  relu: one('Relu'),
  leakyRelu: one('LeakyRelu', ({ slope = 0 }) => ({ alpha: float(slope) })),
  sigmoid: one('Sigmoid'),
  tanh: one('Tanh'),
  elu: one('Elu', () => ({ alpha: float(1) })),
  hardSwish: one('HardSwish'),
  hardSigmoid: one('HardSigmoid', () => ({ alpha: float(1 / 6), beta: float(0.5) })),
  relu6: (writer, x, output) => writer.node('Clip', [x, writer.number(0), writer.number(6)], output),
  silu(writer, x, output) {
    const { name, dims } = output;
    const gate = writer.node('Sigmoid', [x], { name: `${name}/sigmoid`, dims });
    return writer.node('Mul', [x, gate], output);
  },
  /** x / 2 (1 + erf(x / sqrt 2)); Gelu itself came with opset 20. */
  gelu(writer, x, output) {
    const part = (operator: string, inputs: readonly string[], name: string) =>
      writer.node(operator, inputs, { name: `${output.name}/${name}`, dims: output.dims });
    const scaled = part('Mul', [x, writer.number(Math.SQRT1_2)], 'scaled');
    const distribution = part('Add', [part('Erf', [scaled], 'erf'), writer.number(1)], 'distribution');
    return writer.node('Mul', [part('Mul', [x, writer.number(0.5)], 'half'), distribution], output);
  },
};
