import { dequantizedWeights } from '../../quantize/dequantized.ts';
import type { ActivationBits, WeightBits } from '../../quantize/types.ts';
import type { Format } from '../../search/file-formats.ts';
import type { StepOf } from '../chain.ts';
import { fineTuned, ofEach } from '../fine-tune.ts';
import type { StepDefinition } from './definition.ts';

const BITS: readonly WeightBits[] = [8, 6, 5, 4, 3, 2];

/** What the integers of a format are: on a device all is integers, in a compressed file the bytes count. */
const OF_FORMATS: Readonly<Record<Format, { readonly weights: readonly WeightBits[]; readonly activations: ActivationBits }>> = {
  compressed: { weights: BITS, activations: 'float' },
  tflite: { weights: [8], activations: 8 },
  c: { weights: BITS, activations: 8 },
};

/** Weights in few bits, with a scale for each output channel that is trained, and where a format wants it activations of 8 bits. */
export const quantize: StepDefinition<StepOf<'quantize'>> = {
  ladder: (format) => {
    const { weights, activations } = OF_FORMATS[format];
    return weights.map((bits) => ({ type: 'quantize', weights: bits, activations }));
  },
  replaces: 'share',
  words: ({ weights, activations }) => `${weights} bits${activations === 'float' ? '' : `, activations ${activations}`}`,
  async take({ weights, activations }, copies, context) {
    const quantized = await fineTuned(copies, context, { quantization: { weights, activations } }, (training) =>
      ofEach(copies.weights, (_, replica) => training.quantized(replica)),
    );
    const [{ model } = copies] = quantized;
    return { model, weights: quantized.map(dequantizedWeights), quantized };
  },
};
