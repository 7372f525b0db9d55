import type { ElementwiseActivation } from '../core/activation.ts';
import { curves } from '../reference/activations/registry.ts';
import { multiplied, multiplierOf, type Rounding } from './fixed-point.ts';
import type { Bounds } from './integer-graph.ts';
import { clamp, roundHalfAway } from './rounding.ts';
import type { ActivationScale } from './types.ts';

/** The integers that TensorFlow Lite's operators of these activations give, of every x from -128 to 127. */
export function lookupTable(
  { kind, options }: ElementwiseActivation,
  x: ActivationScale,
  y: ActivationScale,
  rounding: Rounding,
): Int8Array {
  const each = (result: (value: number) => number) =>
    Int8Array.from({ length: 256 }, (_, at) => clamp(result(at - 128), -128, 127));
  if (kind === 'relu' || kind === 'relu6') {
    const { least, most } = clampBounds(kind, y);
    return each((value) => clamp(value, least, most));
  }
  if (kind === 'leakyRelu') {
    const { above, below } = leakyFactors(x, y, options.slope ?? 0);
    return each((value) => {
      const centred = value - x.zeroPoint;
      return y.zeroPoint + multiplied(centred, centred >= 0 ? above : below, rounding);
    });
  }
  const option = (name: string) => options[name] ?? 0;
  return each((value) => roundHalfAway(curves[kind].value(x.scale * (value - x.zeroPoint), option) / y.scale) + y.zeroPoint);
}

/** By what a leaky ReLU multiplies integers less their zero point, from 0 on and below. */
export function leakyFactors(x: ActivationScale, y: ActivationScale, slope: number) {
  const factor = (scale: number) => multiplierOf(Math.min(Math.fround(scale / y.scale), MOST_FACTOR));
  return { above: factor(x.scale), below: factor(Math.fround(x.scale * Math.fround(slope))) };
}

/** Beyond it the integer next to the zero point is cut off, as by it. */
const MOST_FACTOR = 256;

/** What a ReLU or ReLU6 leaves of [-128, 127]. */
export function clampBounds(clamp: Bounds['clamp'], { scale, zeroPoint }: ActivationScale): Bounds {
  const least = clamp === 'linear' ? -128 : Math.max(-128, zeroPoint);
  const most = clamp === 'relu6' ? Math.min(127, zeroPoint + roundHalfAway(Math.fround(6 / scale))) : 127;
  return { least, most, clamp };
}
