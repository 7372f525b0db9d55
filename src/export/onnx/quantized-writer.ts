import type { Shape } from '../../core/value.ts';
import type { Constant, ExportTensor } from '../../deploy/operations.ts';
import { type ActivationScale, isQuantizedTensor, type QuantizedModel } from '../../quantize/types.ts';
import { int } from './attributes.ts';
import { type Arrangement, OnnxWriter, type WeightsForm } from './writer.ts';

/**
 * Writes the weights of a quantised model as integers behind which a DequantizeLinear makes floats, and lets a QuantizeLinear and a
 * DequantizeLinear round every value that the model keeps as integers: the operators between are those of floats, which runtimes put
 * together with their neighbours to operators of integers where they have such.
 */
export class QuantizedWriter extends OnnxWriter {
  constructor(private readonly quantized: QuantizedModel) {
    super();
  }

  override weights(constant: Constant, form: WeightsForm): string {
    const { name } = constant;
    const tensor = this.quantized.weights.get(name);
    if (!tensor || !isQuantizedTensor(tensor)) return super.weights(constant, form);
    const { dims, axis, arranged, scalesArranged = asTheyAre } = form;
    return this.once(`${name} ${form.form} as floats`, () => {
      const integers = this.integers(`${name}/integers`, form.form, dims, () => arranged(tensor.integers));
      const channels = [tensor.scales.length];
      const scales = this.floats(`${name}/scales`, form.form, channels, () => scalesArranged(tensor.scales));
      return this.node('DequantizeLinear', [integers, scales], { name, dims }, { axis: int(axis) });
    });
  }

  override kept({ name }: ExportTensor, made: string, dims: Shape): string {
    const scale = this.quantized.activations.get(name);
    return scale ? this.rounded(name, made, dims, scale) : made;
  }

  private rounded(name: string, made: string, dims: Shape, { scale, zeroPoint }: ActivationScale): string {
    const by = [this.number(scale), this.integers(`zero/${zeroPoint}`, '', [], () => Int8Array.of(zeroPoint))];
    const integers = this.node('QuantizeLinear', [made, ...by], { name: `${name}/integers`, dims });
    return this.node('DequantizeLinear', [integers, ...by], { name: `${name}/rounded`, dims });
  }
}

const asTheyAre: Arrangement = (data) => data;
