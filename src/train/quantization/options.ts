import { isRecord, refuseUnknown } from '../../core/arguments.ts';
import { OptionError } from '../../core/errors.ts';
import { shown } from '../../core/shown.ts';
import { WEIGHT_BITS } from '../../quantize/kind.ts';
import type { ActivationBits, Bits, WeightBits } from '../../quantize/types.ts';
import { evaluationOf, type LossSettings } from '../loss.ts';

/** Few bits to train for: of weights, and of the values between layers. */
export interface QuantizationOptions {
  /** Each output channel of a filter or of the weights of a dense layer has a scale of its own, which is trained [8]. */
  readonly weights?: WeightBits;
  /** Of the values between layers, as TensorFlow Lite keeps them [8]. */
  readonly activations?: ActivationBits;
}

/** Throws an OptionError that says what is wrong. */
export function checkedQuantization(given: QuantizationOptions): Bits {
  if (!isRecord(given))
    throw new OptionError(
      `trainer: quantization must be { weights, activations }, such as { weights: 4, activations: 'float' }, got ${shown(given)}`,
    );
  const { weights = 8, activations = 8, ...rest } = given;
  refuseUnknown('trainer: quantization', rest, ['weights', 'activations']);
  const bits = WEIGHT_BITS.find((known) => known === weights);
  if (bits === undefined)
    throw new OptionError(`trainer: quantization.weights must be one of ${WEIGHT_BITS.join(', ')} bits, got ${shown(weights)}`);
  if (activations !== 8 && activations !== 'float')
    throw new OptionError(`trainer: quantization.activations must be 8 bits or 'float', got ${shown(activations)}`);
  return { weights: bits, activations };
}

/** The losses by which networks in integers are evaluated. */
const JUDGES: readonly string[] = ['softmaxCrossEntropy', 'binaryCrossEntropy', 'meanSquaredError'];

/** Throws an OptionError for a loss that no network in integers is evaluated by. */
export function checkJudgedInIntegers(settings: LossSettings): void {
  const { loss } = evaluationOf(settings);
  if (!JUDGES.includes(loss))
    throw new OptionError(
      `trainer: quantization with activations of 8 bits is evaluated in integers, by ${JUDGES.join(', ')}, and ${loss} is none of these; take one of them, or activations: 'float'`,
    );
}
